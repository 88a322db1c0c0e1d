import type { Client } from '@temporalio/client';
import { connectConfig } from '../codec/connect-config.js';
import { startSandbox, type Sandbox } from '../sandbox/server.js';
import { freePort } from '../worker/embedded/ports.js';
import { startDevServer } from '../worker/embedded/temporal.js';
import { note } from './output.js';
import { pointAt } from './own-temporal.js';
import { newToken } from './sandbox.js';
import { SearchAttributeError, registerSearchAttributes, spelledTypes } from '../worker/search-attributes.js';
import { withTemporal } from './session.js';

/** Where state outlives the process; absent: in memory. */
export interface Keep {
  temporalDb?: string;
  journal?: string;
  sandboxPort?: number;
}

type Undo = (() => Promise<unknown>)[];

export async function stageSandbox(
  { journal, sandboxPort, team }: Keep & { team: boolean },
  undo: Undo,
): Promise<{ sandbox: Sandbox; env: Record<string, string> }> {
  const token = newToken();
  const port = sandboxPort ? await freePort(sandboxPort) : 0;
  const sandbox = await startSandbox({ token, port, journal, team: team ? {} : false });
  undo.push(() => sandbox.close());
  const env = {
    FRAGMENT_API_URL: sandbox.apiUrl,
    FRAGMENT_API_TOKEN: token,
    PAYMENTS_URL: sandbox.paymentsUrl,
    PAYMENTS_TOKEN: token,
  };
  return { sandbox, env };
}

export interface StagedTemporal {
  address: string;
  uiUrl?: string;
  /** What another terminal needs to speak with it. */
  temporalEnv: Record<string, string>;
  /** Variables of this shell that mean another server, and that whoever looks for this one has to do without. */
  setAside: string[];
}

/** The server that TEMPORAL_ADDRESS or temporal.toml names, or else one of our own, which the environment names from then on. */
export async function stageTemporal({ temporalDb }: Keep, undo: Undo): Promise<StagedTemporal> {
  const { address } = connectConfig().connectionOptions;
  if (address) {
    await withTemporal(registerIfAllowed);
    return { address, temporalEnv: { TEMPORAL_ADDRESS: address }, setAside: [] };
  }
  const server = await startDevServer({ dbFilename: temporalDb, searchAttributes: spelledTypes() });
  undo.push(() => server.stop());
  const { told, setAside, restore } = pointAt(server.address);
  undo.push(async () => restore());
  if (setAside.length > 0)
    note(`no address of a Temporal server is set, so one of our own is used, without ${setAside.join(', ')}`);
  return { address: server.address, temporalEnv: told, uiUrl: server.uiUrl, setAside };
}

/** Temporal Cloud, and a strict administrator, do not let a client register search attributes. */
async function registerIfAllowed(client: Client): Promise<void> {
  try {
    await registerSearchAttributes(client);
  } catch (error) {
    if (error instanceof SearchAttributeError) throw error;
    note(`The search attributes could not be checked (${(error as Error).message}); \`flows setup\` registers them.`);
  }
}
