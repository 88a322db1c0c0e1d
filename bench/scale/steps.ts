import { setTimeout as sleep } from 'node:timers/promises';
import { mapBounded } from '../../activities/bounded.js';
import { RunningProcesses } from '../../activities/running-processes.js';
import { Claims } from '../../client/index.js';
import type { Sandbox } from '../../sandbox/server.js';
import type { Team } from '../../sandbox/team.js';
import type { OwnedProcess } from '../../worker/embedded/owned-process.js';
import { PROCESSES_SIZING } from '../../worker/workers.js';
import { FEED_WORKFLOW_ID, feedStatusQuery, type FeedStatus } from '../../workflows/account/contract.js';
import { spacingMs } from '../../workflows/account/feed-pace.js';
import { RECONCILE_WORKFLOW, type ReconcileReport } from '../../workflows/account/reconcile-contract.js';
import { CLAIM_WORKFLOW } from '../../workflows/claim/contract.js';
import { PROCESSES_QUEUE } from '../../workflows/tasks/contract.js';
import type { Temporal } from '../temporal.js';
import { waitFor } from '../wait.js';
import { claimOf } from './claims.js';
import type { Phase, Phases } from './phases.js';

export interface Stage extends Temporal {
  sandbox: Sandbox;
  worker: OwnedProcess;
  team: Team;
  phases: Phases;
}

export type Held = Phase & {
  feed: Pick<FeedStatus, 'way' | 'awaited' | 'intervalMs' | 'expectedDelayMs'>;
  listMs: number;
};
export type Reconciled = Phase & { stated: number; unseen?: string };

const STARTS_AT_ONCE = 30;
/** As many as a worker keeps cached. */
const STARTS_AHEAD = PROCESSES_SIZING.maxCachedWorkflows;
const HOURS_MS = 3 * 3_600_000;
const MINUTE_MS = 60_000;

/** Until the feed has made its first round: then the worker is up and holds the lease. */
export async function ready(stage: Stage): Promise<void> {
  await waitFor('the first round of the feed', MINUTE_MS, async () => {
    const status = await feedStatus(stage).catch(() => undefined);
    return status && status.rounds > 0 ? status : undefined;
  });
}

/** Until each has its task, and Temporal's list knows which. */
export function open({ client, sandbox, phases }: Stage, many: number): Promise<Phase> {
  return phases.of(async () => {
    await startAll(new Claims(client), many, sandbox);
    await waitFor(`${many} open tasks`, HOURS_MS, () => sandbox.stats().openTasks >= many || undefined);
    const holding = "ExecutionStatus = 'Running' AND FragmentTasks IS NOT NULL";
    const listed = async () => (await client.workflow.count(holding)).count >= many || undefined;
    await waitFor(`${many} awaited tasks`, HOURS_MS, listed, 500);
  });
}

/** Held is what is quiet: right after the opening the feed still hurries. */
export async function hold(stage: Stage, seconds: number): Promise<Held> {
  const quiet = async () => {
    const { intervalMs, requestsPerMinute } = await feedStatus(stage);
    return intervalMs > 4 * spacingMs(requestsPerMinute) || undefined;
  };
  await waitFor('a quiet feed', HOURS_MS, quiet, 500);
  const held = await stage.phases.of(() => sleep(seconds * 1_000));
  const began = performance.now();
  await new RunningProcesses(stage.client).awaitedTasks();
  const listMs = Math.round(performance.now() - began);
  const { way, awaited, intervalMs, expectedDelayMs } = await feedStatus(stage);
  return { ...held, feed: { way, awaited, intervalMs, expectedDelayMs }, listMs };
}

/** A dry run: looks at all of them, and has nothing to mend. */
export async function reconcile({ client, phases }: Stage, many: number): Promise<Reconciled> {
  const reports: ReconcileReport[] = [];
  const phase = await phases.of(async () => {
    const options = { workflowId: RECONCILE_WORKFLOW, taskQueue: PROCESSES_QUEUE, args: [{ dryRun: true }] };
    reports.push(await client.workflow.execute(RECONCILE_WORKFLOW, options));
  });
  const [{ clean, processes, openTasks, silent, incomplete, requests }] = reports as [ReconcileReport];
  const sawAll = clean && processes === many && openTasks === many;
  const seen = `${processes} processes, ${silent} of them silent, and ${openTasks} tasks${incomplete ? `: ${incomplete}` : ''}`;
  return { ...phase, stated: requests.look, ...(sawAll ? {} : { unseen: `reconciliation saw ${seen}` }) };
}

/** Everybody comes to work, and does everything at once; until no claim is running. */
export function finish({ client, team, phases }: Stage): Promise<Phase> {
  return phases.of(async () => {
    team.start();
    const running = `WorkflowType = '${CLAIM_WORKFLOW}' AND ExecutionStatus = 'Running'`;
    const ended = async () => (await client.workflow.count(running)).count === 0 || undefined;
    await waitFor('the end of every claim', HOURS_MS, ended, 1_000);
  });
}

function feedStatus({ client }: Stage): Promise<FeedStatus> {
  return client.workflow.getHandle(FEED_WORKFLOW_ID).query(feedStatusQuery);
}

/** Never far ahead of the worker: a backlog of starts is no open claim, and costs the server more than one. */
async function startAll(claims: Claims, many: number, sandbox: Sandbox): Promise<void> {
  for (let from = 0; from < many; from += STARTS_AHEAD) {
    const some = Array.from({ length: Math.min(STARTS_AHEAD, many - from) }, (_, n) => claimOf(from + n));
    await mapBounded(some, STARTS_AT_ONCE, (claim) => claims.start(claim));
    await waitFor(`${from} open tasks`, HOURS_MS, () => sandbox.stats().openTasks >= from || undefined, 100);
  }
}
