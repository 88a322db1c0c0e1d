import { Client, Connection } from '@temporalio/client';
import { startSandbox, type Sandbox, type SandboxOptions } from '../sandbox/server.js';
import { loadConfig } from '../worker/config.js';
import { startDevServer } from '../worker/embedded/temporal.js';
import { startWorker, type WorkerParts } from '../worker/main.js';
import { spelledTypes } from '../worker/search-attributes.js';

export type LocalStageOptions = Omit<WorkerParts, 'accounts'> &
  Partial<Omit<SandboxOptions, 'paymentsToken'>> & {
    /** Beside those that the stage sets itself; see .env.example. */
    env?: NodeJS.ProcessEnv;
  };

export interface LocalStage {
  temporal: Client;
  /** Of the Temporal server. */
  address: string;
  sandbox: Sandbox;
  /** What another process needs to speak with this stage: TEMPORAL_ADDRESS, FRAGMENT_API_URL and the rest. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * All of it for real, on free ports: a Temporal dev server, the sandbox in Fragment's place with a team that works by
 * `team.decide`, and a worker in this process. One at a time: the worker finds Temporal by TEMPORAL_ADDRESS, which is set
 * until `stop`.
 */
export async function startLocalStage(options: LocalStageOptions = {}): Promise<LocalStage> {
  const { processes, workflows, env: more, token = 'local-stage', ...sandboxOptions } = options;
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0)) await step();
  };
  try {
    const own = (processes ?? []).flatMap(({ searchAttributes = [] }) => searchAttributes);
    const server = await startDevServer({ searchAttributes: spelledTypes(own), headless: true });
    undo.unshift(() => server.stop());
    const sandbox = await startSandbox({ token, ...sandboxOptions });
    undo.unshift(() => sandbox.close());
    const env = {
      TEMPORAL_ADDRESS: server.address,
      FRAGMENT_API_URL: sandbox.apiUrl,
      FRAGMENT_API_TOKEN: token,
      PAYMENTS_URL: sandbox.paymentsUrl,
      PAYMENTS_TOKEN: token,
    };
    undo.unshift(pointTo(server.address));
    const connection = await Connection.connect({ address: server.address });
    undo.unshift(() => connection.close());
    const worker = await startWorker(loadConfig({ LOG_LEVEL: 'warn', ...more, ...env }), 'all', {
      processes,
      workflows,
    });
    undo.unshift(() => worker.stop());
    return { temporal: new Client({ connection }), address: server.address, sandbox, env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Answers what restores the environment. */
function pointTo(address: string): () => Promise<void> {
  const before = process.env.TEMPORAL_ADDRESS;
  process.env.TEMPORAL_ADDRESS = address;
  return async () => {
    if (before === undefined) delete process.env.TEMPORAL_ADDRESS;
    else process.env.TEMPORAL_ADDRESS = before;
  };
}
