import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerDeploymentOptions, type WorkerOptions } from '@temporalio/worker';
import {
  createFeedActivities,
  createLeaseActivities,
  createReconcileActivities,
  createTaskActivities,
} from '../activities/index.js';
import type { LeaseActivityOptions } from '../activities/lease.js';
import { OwnCompletions } from '../activities/own-completions.js';
import type { FragmentClient } from '../fragment/client.js';
import type { Gateway } from '../fragment/gateway.js';
import { FEED_WORKFLOW, feedWorkflowId } from '../workflows/account/contract.js';
import { LEASE_WORKFLOW, leaseWorkflowId } from '../workflows/account/lease-contract.js';
import { PROCESSES_QUEUE, fragmentQueue, leaseQueue } from '../workflows/tasks/contract.js';
import { interceptorModules, type WorkflowSource } from './bundle.js';
import { BEAT_MS, keepAlive } from './keep-alive.js';
import { namesTask } from './log-fields.js';
import { formKeysOf, parseAnswerOf, taskKeysOf, type ProcessDefinition } from './process-definition.js';
import type { Tracing } from './tracing.js';

/** What a worker of this role has under way at once. */
export const PROCESSES_SIZING = {
  // About 0.3 MB each without zod in the bundle (measured): 150 MB.
  maxCachedWorkflows: 500,
} satisfies Partial<WorkerOptions>;

export const GATEWAY_SIZING = {
  // An activity is one waiting write, and costs little while it waits: at 100 writes a second, 20 seconds' worth.
  maxConcurrentActivityTaskExecutions: 2_000,
} satisfies Partial<WorkerOptions>;

export interface Place {
  connection: NativeConnection;
  namespace: string;
  /** By which Temporal tells who polls; absent: the SDK's, process id and host. */
  identity?: string;
  /** Absent where nothing is encrypted. */
  dataConverter?: DataConverter;
}

export interface ProcessesParts {
  workflows: WorkflowSource;
  processes: readonly ProcessDefinition[];
  version?: WorkerDeploymentOptions;
  tracing?: Tracing;
}

export function processesWorker(
  place: Place,
  { workflows, processes, version, tracing }: ProcessesParts,
): Promise<Worker> {
  return Worker.create({
    ...place,
    ...workflows,
    ...(version ? { workerDeploymentOptions: version } : {}),
    sinks: tracing?.sinks,
    interceptors: {
      activity: tracing ? [tracing.activity] : [],
      // What is bundled already has them or has not.
      workflowModules: workflows.workflowsPath ? interceptorModules({ traced: tracing !== undefined }) : [],
    },
    taskQueue: PROCESSES_QUEUE,
    activities: Object.assign({}, ...processes.map(({ activities }) => activities)) as object,
    ...PROCESSES_SIZING,
    // A payment call that is under way is worth waiting for: its time-out is 20 s.
    shutdownGraceTime: '25 seconds',
  });
}

/** Waits for an account's lease, and holds it. */
export function leaseWorker(place: Place, account: string | undefined, options: LeaseActivityOptions): Promise<Worker> {
  return Worker.create({
    ...place,
    taskQueue: leaseQueue(account),
    activities: createLeaseActivities(options),
    // One lease is all there is to hold; while it is held, nothing is polled.
    maxConcurrentActivityTaskExecutions: 1,
    // The holder is told at once that it has to stop, and takes its own time for what is under way.
    shutdownGraceTime: 0,
  });
}

export interface GatewayParts {
  gateway: Gateway;
  client: FragmentClient;
  looksFirst?: boolean;
  temporal: Client;
  account?: string;
  processes: readonly ProcessDefinition[];
  tracing?: Tracing;
}

/** Run by the holder alone. */
export function gatewayWorker(place: Place, { account, processes, tracing, ...parts }: GatewayParts): Promise<Worker> {
  const parseAnswer = parseAnswerOf(processes);
  const own = new OwnCompletions();
  return Worker.create({
    ...place,
    taskQueue: fragmentQueue(account),
    activities: {
      ...createTaskActivities({ ...parts, parseAnswer, own, formKeys: formKeysOf(processes) }),
      ...createFeedActivities({ ...parts, parseAnswer, own, account }),
      ...createReconcileActivities({ ...parts, parseAnswer, taskKeys: taskKeysOf(processes), account }),
    },
    interceptors: { activity: [...(tracing ? [tracing.activity] : []), namesTask, keepAlive] },
    maxHeartbeatThrottleInterval: BEAT_MS,
    ...GATEWAY_SIZING,
    // What waits is handed back at once; this is for the requests that are under way.
    shutdownGraceTime: '10 seconds',
  });
}

/**
 * They share their queue with processes, and go first: behind a thousand claims that have news, the feed would not look for
 * more, and a gateway that died would not be followed, until all of them had had their turn. Servers before 1.32 ignore it.
 */
const FIRST = { priorityKey: 1 };

/** One lease for the account, started by whoever comes first. */
export function ensureLease(temporal: Client, account?: string): Promise<void> {
  const staticSummary = `Who sends to Fragment for ${account ?? 'the account'}`;
  return ensure(temporal, LEASE_WORKFLOW, { workflowId: leaseWorkflowId(account), account, staticSummary });
}

/** One feed for the account, started by whoever comes first. */
export function ensureFeed(temporal: Client, account?: string): Promise<void> {
  const staticSummary = `Change feed of ${account ? `the Fragment account ${account}` : 'the Fragment account'}`;
  return ensure(temporal, FEED_WORKFLOW, { workflowId: feedWorkflowId(account), account, staticSummary });
}

interface OfAccount {
  workflowId: string;
  account?: string;
  staticSummary: string;
}

async function ensure(temporal: Client, workflow: string, { account, ...options }: OfAccount): Promise<void> {
  await temporal.workflow.start(workflow, {
    ...options,
    taskQueue: PROCESSES_QUEUE,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{ account }],
    priority: FIRST,
  });
}
