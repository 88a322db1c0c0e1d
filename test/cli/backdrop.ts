/** What `flows` finds when it is run: a Temporal of its own, a sandbox in Fragment's place, and workers as processes. */
import { spelledTypes } from '../../worker/search-attributes.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server.js';
import { startDevServer, type DevServerOptions } from '../../worker/embedded/temporal.js';
import { startFlows, type RunningFlows } from './flows.js';

export interface Backdrop {
  sandbox: Sandbox;
  /** Of the Temporal Web UI; empty where `server` does not ask for one. */
  uiUrl: string;
  /** The environment of a command that finds all of it. */
  env: Record<string, string>;
  /** A worker that has started; it is killed at the end, if the test has not ended it. */
  worker(env?: Record<string, string>): Promise<RunningFlows>;
  stop(): Promise<void>;
}

export async function setBackdrop(
  options: Partial<SandboxOptions> = {},
  temporal: DevServerOptions = { headless: true },
): Promise<Backdrop> {
  const server = await startDevServer({ searchAttributes: spelledTypes(), ...temporal });
  const sandbox = await startSandbox({ token: 'test-token', team: false, ...options });
  const workers: RunningFlows[] = [];
  const env = {
    TEMPORAL_ADDRESS: server.address,
    FRAGMENT_API_URL: sandbox.apiUrl,
    FRAGMENT_API_TOKEN: 'test-token',
    LOG_LEVEL: 'info',
  };
  return {
    sandbox,
    uiUrl: server.uiUrl,
    env,
    async worker(more = {}) {
      const worker = startFlows(['worker'], { env: { ...env, ...more } });
      workers.push(worker);
      await worker.printed(/worker started/);
      return worker;
    },
    async stop() {
      for (const worker of workers) await worker.stop('SIGKILL');
      await sandbox.close();
      await server.stop();
    },
  };
}
