import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { startOwned, type OwnedProcess } from './owned-process.js';
import { freePort, isTaken } from './ports.js';
import { findTemporal } from './temporal.js';

export interface DevServerOptions {
  /** Keeps the state over restarts; without it all is in memory. */
  dbFilename?: string;
  /** Default 7233 if free, else a free one. */
  port?: number;
  /** Default 8233 if free, else a free one. */
  uiPort?: number;
  headless?: boolean;
  /** The codec server that the Web UI asks to decrypt. */
  uiCodecEndpoint?: string;
  /** Name -> type, for example { ClaimStep: 'Keyword' }. */
  searchAttributes?: Record<string, string>;
}

export interface DevServer {
  address: string;
  /** Empty when headless. */
  uiUrl: string;
  pid: number;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
/** What the CLI prints once it has bound its ports. */
const BANNER = /^(Temporal )?Server:/m;

/** Starts `temporal server start-dev` and answers once it takes requests. */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const cli = await findTemporal();
  if (options.dbFilename) await mkdir(dirname(resolve(options.dbFilename)), { recursive: true });
  for (const port of [options.port, options.uiPort]) {
    if (port !== undefined && (await isTaken(port)))
      throw new Error(`port ${port} on 127.0.0.1 is taken: choose another`);
  }
  // Between finding a port free and binding it another process may take it: with ports of our choice, choose again.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(cli, options, attempt === 1);
    } catch (error) {
      if (attempt === 3 || !/address already in use|panic:/.test(String(error))) throw error;
    }
  }
}

async function startOnce(cli: string, options: DevServerOptions, preferKnownPorts: boolean): Promise<DevServer> {
  const port = options.port ?? (await freePort(preferKnownPorts ? 7233 : 0));
  const uiPort = options.headless ? undefined : (options.uiPort ?? (await freePort(preferKnownPorts ? 8233 : 0)));
  const attributes = options.searchAttributes ?? {};

  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'];
  args.push(...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]));
  if (options.uiCodecEndpoint) args.push('--ui-codec-endpoint', options.uiCodecEndpoint);
  // Once, without a write-ahead log, the server came back from a kill without its last seconds; not proven to be the cause.
  if (options.dbFilename)
    args.push('--db-filename', resolve(options.dbFilename), '--sqlite-pragma', 'journal_mode=WAL');
  for (const [name, type] of Object.entries(attributes)) args.push('--search-attribute', `${name}=${type}`);

  const server = await startOwned(cli, args);
  const address = `127.0.0.1:${port}`;
  const uiUrl = uiPort === undefined ? '' : `http://127.0.0.1:${uiPort}`;
  try {
    await Promise.race([server.died, ready(server, address, uiUrl, Object.keys(attributes))]);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { address, uiUrl, pid: server.pid, stop: () => server.stop() };
}

/** The port opens before the namespace, the search attributes and the UI are there; callers need all of them. */
async function ready(server: OwnedProcess, address: string, uiUrl: string, attributes: string[]): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  let last: unknown = 'no attempt ended';
  while (Date.now() < deadline && server.alive()) {
    try {
      // Only our own server's word counts: on the same port another one may be answering while ours is about to die.
      if (!BANNER.test(server.output())) throw new Error('it has not said that it is up');
      await mustServe(address, attributes);
      if (uiUrl) await mustAnswerHttp(uiUrl);
      return;
    } catch (error) {
      last = error;
      await sleep(100);
    }
  }
  // When the process ended, its own output says more than our last attempt.
  if (!server.alive()) return server.died;
  throw new Error(
    `the Temporal server at ${address} did not become ready in ${READY_WITHIN_MS / 1000} s: ${String(last)}`,
  );
}

async function mustServe(address: string, attributes: string[]): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    await connection.withDeadline(Date.now() + 2_000, async () => {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      if (attributes.length === 0) return;
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      const missing = attributes.filter((name) => !(name in (customAttributes ?? {})));
      if (missing.length > 0) throw new Error(`search attributes not there yet: ${missing.join(', ')}`);
    });
  } finally {
    await connection.close();
  }
}

async function mustAnswerHttp(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
