import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Gateway } from '../fragment/gateway.js';
import { PROCESSES_QUEUE, leaseQueue } from '../workflows/tasks/contract.js';
import { CHECK_MS, type Check, type Checks } from './health.js';
import { holdsGateway, holdsProcesses, type Role } from './role.js';

export interface Probed {
  connection: NativeConnection;
  namespace: string;
  role: Role;
  accounts: readonly (string | undefined)[];
  /** Empty until they have been made. */
  workers: readonly Worker[];
  /** Of the accounts whose lease this process holds. */
  gateways: ReadonlyMap<string | undefined, Gateway>;
}

/** Requests in a row: with the gateway's pauses between them, some seconds of silence, or a minute of a refused token. */
const SILENT = 3;
/** As Temporal's TaskQueueType numbers them. */
const QUEUE_TYPES = { workflow: 1, activity: 2 } as const;

/**
 * A worker that lost its namespace or its permission goes on polling for ever, and calls itself running: so Temporal is
 * asked whether it lets this process in, and whether it has heard it poll.
 */
export function probes({ connection, namespace, role, accounts, workers, gateways }: Probed) {
  const ready: Checks = {
    worker: () => workers.length > 0 && workers.every((worker) => worker.getState() === 'RUNNING'),
    temporal: async () => {
      await inTime(() => connection.workflowService.describeNamespace({ namespace }));
      return true;
    },
  };
  if (holdsProcesses(role)) ready.poller = () => polls(PROCESSES_QUEUE, 'workflow');
  for (const account of holdsGateway(role) ? accounts : []) {
    ready[named('lease', account)] = lease(account);
    ready[named('fragment', account)] = reachable(account);
  }
  // One that failed ends the process by itself; this is for whoever has embedded it and goes on.
  const live: Checks = { worker: () => workers.every((worker) => worker.getState() !== 'FAILED') };
  return { live, ready };

  function lease(account: string | undefined): Check {
    return async () => {
      if (gateways.has(account)) return 'held';
      return (await polls(leaseQueue(account), 'activity')) && 'standing by';
    };
  }

  function reachable(account: string | undefined): Check {
    return () => {
      const gateway = gateways.get(account);
      return gateway ? gateway.stats().unanswered < SILENT : 'not asked';
    };
  }

  /** Temporal forgets a poller after five minutes; each poll takes one at most. */
  async function polls(taskQueue: string, type: keyof typeof QUEUE_TYPES): Promise<boolean> {
    const { pollers } = await inTime(() =>
      connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: QUEUE_TYPES[type],
      }),
    );
    return pollers.some(({ identity }) => workers.some((worker) => worker.options.identity === identity));
  }

  function inTime<T>(ask: () => Promise<T>): Promise<T> {
    return connection.withDeadline(Date.now() + CHECK_MS, ask);
  }
}

const named = (check: string, account: string | undefined): string => (account ? `${check}-${account}` : check);
