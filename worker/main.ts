import { Client } from '@temporalio/client';
import type { Worker } from '@temporalio/worker';
import { connectConfig } from '../codec/connect-config.js';
import { dataConverter } from '../codec/data-converter.js';
import type { Gateway } from '../fragment/gateway.js';
import { watchAttention } from './attention-metric.js';
import { workflowSource, type WorkflowSource } from './bundle.js';
import type { Config } from './config.js';
import { openConnection } from './connection.js';
import { fragmentClient } from './fragment.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { serveHealth, type Health } from './health.js';
import { newIdentity } from './identity.js';
import { claimProcess, onboardingProcess } from './own-processes.js';
import { assertDistinct, type ProcessDefinition } from './process-definition.js';
import { probes } from './probes.js';
import { holdsGateway, holdsProcesses, type Role } from './role.js';
import { ensureFeed, ensureLease, leaseWorker, processesWorker } from './workers.js';
import { tellMissing } from './search-attributes.js';
import { openSender } from './sender.js';
import { installTelemetry } from './telemetry.js';
import { openTracing } from './tracing.js';
import { workerVersion } from './version.js';

export interface RunningWorker {
  /**
   * An account's gateway, while this process holds its lease; undefined while another one does, and before it is known.
   * A lease may be lost and taken again, with a new gateway: ask anew each time.
   */
  gateway(account?: string): Gateway | undefined;
  /** Settles when the worker has stopped, by `stop` or by SIGTERM and its like; rejects when it failed. */
  done: Promise<void>;
  /**
   * Takes no new work, lets running activities and requests finish, hands what waits in a gateway back to Temporal, and its
   * lease to the next, then closes the connections.
   */
  stop(): Promise<void>;
}

export interface WorkerParts {
  /** The Fragment accounts that a gateway sends for; absent: all that are configured. */
  accounts?: readonly (string | undefined)[];
  /** Processes beside `claim` and `onboarding`. Their workflows have to be in `workflows`. */
  processes?: readonly ProcessDefinition[];
  /** A module of yours that exports your workflows and ours (`fragment-flows/workflows`); absent: ours alone. */
  workflows?: WorkflowSource;
}

/** Runs until SIGTERM, SIGINT, SIGQUIT or SIGUSR2, which Temporal's runtime turns into a graceful shutdown. */
export async function runWorker(config: Config, role: Role, parts?: WorkerParts): Promise<void> {
  await (
    await startWorker(config, role, parts)
  ).done;
}

/** A worker in this process, by `TEMPORAL_*` and the given configuration. */
export async function startWorker(config: Config, role: Role, parts: WorkerParts = {}): Promise<RunningWorker> {
  const { accounts = config.accounts.map(({ name }) => name) } = parts;
  const provider = config.PAYMENTS_URL ? { url: config.PAYMENTS_URL, token: config.PAYMENTS_TOKEN } : undefined;
  const processes = [claimProcess(provider), onboardingProcess, ...(parts.processes ?? [])];
  assertDistinct(processes);
  const log = installTelemetry(config);
  const tracing = await openTracing(config, (message) => log.warn(message));
  // Before anything starts: a missing token would show as a lease that nobody can hold.
  if (holdsGateway(role)) for (const account of accounts) fragmentClient(config, account);
  const converter = dataConverter(config.PAYLOAD_KEYS);
  const { connectionOptions, namespace = 'default' } = connectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  const connection = await openConnection({ ...connectionOptions, address }, namespace);
  const identity = newIdentity();
  const place = { connection, namespace, identity, dataConverter: converter };
  const workers: Worker[] = [];
  const gateways = new Map<string | undefined, Gateway>();
  const probed = probes({ connection, namespace, role, accounts, workers, gateways });
  let health: Health | undefined;
  let stopWatching = () => {};
  try {
    health = await serveHealth(config.HEALTH_PORT, probed);
    if (holdsProcesses(role)) {
      const attributes = processes.flatMap(({ searchAttributes = [] }) => searchAttributes);
      await tellMissing(new Client(place), attributes, log);
      const workflows =
        parts.workflows ??
        workflowSource({
          encrypted: converter !== undefined,
          traced: tracing !== undefined,
        });
      const version = workerVersion(config);
      workers.push(await processesWorker(place, { workflows, processes, version, tracing }));
    }
    if (holdsGateway(role)) for (const account of accounts) workers.push(await standBy(account));
    if (config.METRICS_PORT && holdsGateway(role)) stopWatching = watchAttention(new Client(place), log);
  } catch (error) {
    // What is open would keep a process that serves nothing, and a probe would call it alive. A worker lets go of the
    // connection only by having run.
    await Promise.allSettled(workers.map((worker) => worker.runUntil(Promise.resolve())));
    await close();
    throw error;
  }
  log.info({ role, address, namespace, healthPort: health?.port }, 'worker started');
  const done = runAll();
  return { gateway: (account) => gateways.get(account), done, stop };

  async function standBy(account: string | undefined): Promise<Worker> {
    const temporal = new Client({ ...place, interceptors: tracing?.client });
    const metrics = new GatewayMetrics(account);
    await ensureLease(temporal, account);
    await ensureFeed(temporal, account);
    return leaseWorker(place, account, {
      holder: identity,
      temporal,
      beat: (stats) => metrics.publish(stats),
      open: async (maySend) => {
        const sender = await openSender(
          { place, config, log, temporal, metrics, account, processes, tracing },
          maySend,
        );
        gateways.set(account, sender.gateway);
        return {
          ...sender,
          handBack: () => {
            gateways.delete(account);
            return sender.handBack();
          },
        };
      },
    });
  }

  async function runAll(): Promise<void> {
    const runs = workers.map((worker) => worker.run());
    try {
      await Promise.all(runs);
    } finally {
      // Where one failed, the others must not keep the connection.
      shutDown();
      await Promise.allSettled(runs);
      await close();
      log.info({ role }, 'worker stopped');
    }
  }

  async function close(): Promise<void> {
    stopWatching();
    await tracing?.flush();
    await health?.close();
    await connection.close();
  }

  function shutDown(): void {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  }

  async function stop(): Promise<void> {
    shutDown();
    await done;
  }
}
