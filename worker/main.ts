import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, type Worker } from '@temporalio/worker';
import type { Gateway } from '../fragment/gateway.js';
import type { Config } from './config.js';
import { openFragment } from './fragment.js';
import { serveHealth, temporalServes } from './health.js';
import { ensureFeed, gatewayWorker, holdsGateway, holdsProcesses, processesWorker, type Role } from './roles.js';
import { installTelemetry } from './telemetry.js';

export interface RunningWorker {
  /** Absent where the role asks nothing of Fragment. */
  gateway?: Gateway;
  /** Settles when the worker has stopped, by `stop` or by SIGTERM and its like; rejects when it failed. */
  done: Promise<void>;
  /**
   * Takes no new work, lets running activities finish, then closes the connections. What waits in the gateway is sent in
   * its turn; with `handBack` it is handed back to Temporal at once, for the next worker to send.
   */
  stop(options?: { handBack?: boolean }): Promise<void>;
}

/** Runs until SIGTERM, SIGINT, SIGQUIT or SIGUSR2, which Temporal's runtime turns into a graceful shutdown. */
export async function runWorker(config: Config, role: Role): Promise<void> {
  await (
    await startWorker(config, role)
  ).done;
}

/** A worker in this process, by `TEMPORAL_*` and the given configuration. */
export async function startWorker(config: Config, role: Role): Promise<RunningWorker> {
  const log = installTelemetry(config);
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  const connection = await connect({ ...connectionOptions, address }, namespace);
  const workers: Worker[] = [];
  const health = await serveHealth(config.HEALTH_PORT, {
    worker: () => workers.length > 0 && workers.every((worker) => worker.getState() === 'RUNNING'),
    temporal: () => temporalServes(connection),
  }).catch(async (error: unknown) => {
    // An open connection would keep the process.
    await connection.close();
    throw error;
  });
  let gateway: Gateway | undefined;

  if (holdsProcesses(role)) {
    const provider = config.PAYMENTS_URL ? { url: config.PAYMENTS_URL, token: config.PAYMENTS_TOKEN } : undefined;
    workers.push(await processesWorker({ connection, namespace }, provider));
  }
  if (holdsGateway(role)) {
    const fragment = openFragment(config, log);
    gateway = fragment.gateway;
    const temporal = new Client({ connection, namespace });
    workers.push(await gatewayWorker({ connection, namespace }, { ...fragment, temporal }));
    await ensureFeed(temporal);
  }

  log.info({ role, address, namespace, healthPort: health?.port }, 'worker started');
  const done = runAll();
  return { gateway, done, stop };

  async function runAll(): Promise<void> {
    try {
      await Promise.all(workers.map((worker) => worker.run()));
    } finally {
      gateway?.close();
      await health?.close();
      await connection.close();
      log.info({ role }, 'worker stopped');
    }
  }

  async function stop({ handBack = false } = {}): Promise<void> {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    if (handBack) gateway?.close();
    await done;
  }
}

async function connect(options: { address: string }, namespace: string): Promise<NativeConnection> {
  const connection = await NativeConnection.connect(options).catch((cause: unknown) => {
    const remedy = 'start one with `npm run dev`, or set TEMPORAL_ADDRESS to where it runs';
    throw new Error(`Temporal cannot be reached at ${options.address}: ${remedy}`, { cause });
  });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return connection;
  } catch (cause) {
    await connection.close();
    const reason = (cause as Error).message;
    const remedy = 'create it, or set TEMPORAL_NAMESPACE';
    throw new Error(`Temporal at ${options.address} does not serve namespace ${namespace} (${reason}): ${remedy}`, {
      cause,
    });
  }
}
