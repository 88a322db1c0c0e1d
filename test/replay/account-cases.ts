/** What runs for an account and is recorded: its feed, its lease and its reconciliation. */
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { FeedActivities, FeedCursor, ReconcileActivities } from '../../activities/index.js';
import type { Drift } from '../../activities/reconcile.js';
import { taskUid } from '../../fragment/uid.js';
import { FEED_WORKFLOW, FEED_WORKFLOW_ID, pokeFeedSignal } from '../../workflows/account/contract.js';
import { LEASE_WORKFLOW, leaseTakenSignal, leaseWorkflowId } from '../../workflows/account/lease-contract.js';
import { RECONCILE_WORKFLOW, reconcileId, type ReconcileInput } from '../../workflows/account/reconcile-contract.js';
import { leaseQueue, PROCESSES_QUEUE } from '../../workflows/tasks/contract.js';
import { until } from '../until.js';
import type { TimeSkippingStage } from '../time-skipping-stage.js';
import type { Recording } from './cases.js';

const FRESH: FeedCursor = { round: 0, list: true, reading: 'bulk', cycled: true, delivered: {}, unlisted: {} };

/** Rounds in which nothing changed: a replay sees of an activity what it answered, and no more. */
export const quietFeed: FeedActivities = {
  readChanges: async ({ cursor }) => ({
    cursor: { ...(cursor ?? FRESH), round: (cursor?.round ?? 0) + 1 },
    way: 'list',
    delivered: 0,
    unknownHints: 0,
    requests: 1,
    batch: 100,
    requestsPerMinute: 60,
  }),
};

/** Poked until it continues as new, and a little further. */
export async function playFeed({ temporal }: TimeSkippingStage): Promise<Recording[]> {
  const first = await temporal.workflow.start(FEED_WORKFLOW, {
    workflowId: FEED_WORKFLOW_ID,
    taskQueue: PROCESSES_QUEUE,
    args: [{}],
  });
  const newest = temporal.workflow.getHandle(FEED_WORKFLOW_ID);
  const runId = first.firstExecutionRunId;
  for (let pokes = 0; (await newest.describe()).runId === runId; pokes += 1) {
    if (pokes > 300) throw new Error('the feed does not continue as new: what does the server suggest?');
    await newest.signal(pokeFeedSignal);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await newest.signal(pokeFeedSignal);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await newest.terminate();
  return [
    { name: 'feed-continued-as-new', workflowId: FEED_WORKFLOW_ID, runId },
    { name: 'feed', workflowId: FEED_WORKFLOW_ID },
  ];
}

const DRIFT: Drift = {
  uid: taskUid('claim#gone#data_entry#1'),
  workflowId: 'claim-gone',
  kind: 'orphan',
  is: 'open',
  should: 'DONE',
  why: 'its process has ended',
  remedy: 'close',
};

/** Two pages of each look, and one task to mend. */
export const smallReconcile: ReconcileActivities = {
  compareAwaited: async ({ after }) => ({
    drifts: [],
    processes: 20,
    silent: 0,
    fresh: 0,
    ...(after ? {} : { next: 'second' }),
  }),
  compareOpen: async ({ cursor }) => ({
    drifts: cursor ? [] : [DRIFT],
    listed: 100,
    open: 90,
    ...(cursor ? {} : { next: 'second' }),
  }),
  mendDrifts: async ({ drifts }) => drifts.map(({ uid }) => ({ uid, outcome: 'mended', done: 'closed' })),
};

export async function playReconcile({ temporal }: TimeSkippingStage): Promise<Recording[]> {
  const looks: [name: string, input: ReconcileInput][] = [
    ['reconcile', {}],
    ['reconcile-dry-run', { dryRun: true }],
  ];
  for (const [name, input] of looks) {
    const workflowId = name.replace(RECONCILE_WORKFLOW, reconcileId());
    await temporal.workflow.execute(RECONCILE_WORKFLOW, { workflowId, taskQueue: PROCESSES_QUEUE, args: [input] });
  }
  return looks.map(([name]) => ({ name, workflowId: name }));
}

/** Held, with word of two takeovers, until it is cancelled. */
export async function playLease({ temporal }: TimeSkippingStage, address: string): Promise<Recording[]> {
  const connection = await NativeConnection.connect({ address });
  let holding = false;
  const holdLease = async () => {
    const context = Context.current();
    const beating = setInterval(() => context.heartbeat(), 200);
    holding = true;
    await context.cancelled.finally(() => clearInterval(beating));
  };
  const worker = await Worker.create({
    connection,
    identity: 'test',
    taskQueue: leaseQueue(),
    activities: { holdLease },
  });
  const run = worker.run();
  const workflowId = leaseWorkflowId();
  const lease = await temporal.workflow.start(LEASE_WORKFLOW, {
    workflowId,
    taskQueue: PROCESSES_QUEUE,
    args: [{}],
  });
  await until(() => holding);
  for (const holder of ['1@here', '2@there'])
    await lease.signal(leaseTakenSignal, { holder, since: '2026-01-01T00:00:00.000Z' });
  await lease.cancel();
  await lease.result().catch(() => 'it ends as cancelled');
  worker.shutdown();
  await run;
  await connection.close();
  return [{ name: 'lease', workflowId }];
}
