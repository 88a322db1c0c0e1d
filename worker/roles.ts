import type { Client } from '@temporalio/client';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { createFeedActivities, createPaymentActivities, createTaskActivities } from '../activities/index.js';
import type { FragmentClient } from '../fragment/client.js';
import type { Gateway } from '../fragment/gateway.js';
import { FEED_WORKFLOW, FEED_WORKFLOW_ID } from '../workflows/account/feed.js';
import { FRAGMENT_QUEUE, PROCESSES_QUEUE } from '../workflows/tasks/contract.js';
import { parseAnswer } from './answers.js';
import { workflowSource } from './bundle.js';

export const ROLES = ['all', 'processes', 'gateway'] as const;
/** `processes`: workflows and payments, any number of them. `gateway`: all that costs Fragment requests; run one. */
export type Role = (typeof ROLES)[number];

export const holdsGateway = (role: Role): boolean => role !== 'processes';
export const holdsProcesses = (role: Role): boolean => role !== 'gateway';

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
}

export function processesWorker(place: Place, provider: { url: string; token?: string } | undefined): Promise<Worker> {
  return Worker.create({
    ...place,
    ...workflowSource(),
    taskQueue: PROCESSES_QUEUE,
    activities: createPaymentActivities(provider),
    ...PROCESSES_SIZING,
    // A payment call that is under way is worth waiting for: its time-out is 20 s.
    shutdownGraceTime: '25 seconds',
  });
}

export function gatewayWorker(
  place: Place,
  parts: { gateway: Gateway; client: FragmentClient; temporal: Client },
): Promise<Worker> {
  return Worker.create({
    ...place,
    taskQueue: FRAGMENT_QUEUE,
    activities: {
      ...createTaskActivities({ ...parts, parseAnswer }),
      ...createFeedActivities({ ...parts, parseAnswer }),
    },
    ...GATEWAY_SIZING,
    // Several turns of the budget: what waits is sent; what is not by then is handed back to Temporal.
    shutdownGraceTime: '30 seconds',
  });
}

/** One feed for the account, started by whoever comes first. */
export async function ensureFeed(temporal: Client): Promise<void> {
  await temporal.workflow.start(FEED_WORKFLOW, {
    workflowId: FEED_WORKFLOW_ID,
    taskQueue: PROCESSES_QUEUE,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{}],
    staticSummary: 'Change feed of the Fragment account',
  });
}
