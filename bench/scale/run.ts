import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RunningProcesses } from '../../activities/running-processes.js';
import { Claims } from '../../client/index.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { Team } from '../../sandbox/team.js';
import type { OwnedProcess } from '../../worker/embedded/owned-process.js';
import { PROCESSES_SIZING } from '../../worker/roles.js';
import { FEED_WORKFLOW_ID, feedStatusQuery, type FeedStatus } from '../../workflows/account/contract.js';
import { spacingMs } from '../../workflows/account/feed-pace.js';
import { RECONCILE_WORKFLOW, type ReconcileReport } from '../../workflows/account/reconcile-contract.js';
import { CLAIM_WORKFLOW, claimWorkflowId } from '../../workflows/claim/contract.js';
import { PROCESSES_QUEUE } from '../../workflows/tasks/contract.js';
import { TOKEN } from '../fragment.js';
import { countHistory } from '../history.js';
import { startWorkerProcess } from '../process.js';
import { round } from '../section.js';
import { environment, withTemporal, type Temporal } from '../temporal.js';
import { waitFor } from '../wait.js';
import { AT_ONCE, claimOf } from './claims.js';
import { eventLoopIn } from './event-loop.js';
import { Phases, type Phase } from './phases.js';
import { wrongs } from './verdict.js';

export interface ScaleOptions {
  claims: number;
  /** Of Fragment, and what the worker is told of it. */
  requestsPerMinute: number;
  holdSeconds: number;
  /** False: they are left open, which costs no more than a stopped server. */
  finish: boolean;
  tell: (what: string) => void;
}

/** What so many open claims cost. */
export interface Point {
  claims: number;
  date: string;
  requestsPerMinute: number;
  /** Processes that a worker keeps cached: the others are replayed when something happens to them. */
  cached: number;
  open: Phase;
  hold: Phase & { feed: Pick<FeedStatus, 'way' | 'awaited' | 'intervalMs' | 'expectedDelayMs'>; listMs: number };
  reconcile: Phase & { stated: number; clean: boolean; silent: number };
  finish?: Phase;
  maxIn60s: number;
  eventLoop: { busyPercent: number; lateMsP99: number; lateMsMax: number };
  history: { events: number; bytes: number };
  /** Empty where all is as it should be. */
  wrongs: string[];
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const STARTS_AT_ONCE = 30;
const HOURS_MS = 3 * 3_600_000;
const HISTORIES = 20;

/** Claims are opened, held open with nobody at work, reconciled, then finished; one worker for all, in a process of its own. */
export function runScale(options: ScaleOptions): Promise<Point> {
  return withTemporal(async (temporal) => {
    const { requestsPerMinute } = options;
    const sandbox = await startSandbox({ token: TOKEN, team: false, behaviour: { rateLimit: requestsPerMinute } });
    const settings = { ...environment(sandbox, requestsPerMinute), TEMPORAL_ADDRESS: temporal.address };
    const worker = await startWorkerProcess('all', settings, WORKER);
    const team = new Team(sandbox.tasks, AT_ONCE);
    try {
      return await Promise.race([worker.died, measure(options, { ...temporal, sandbox, worker, team })]);
    } finally {
      team.stop();
      await worker.stop();
      await sandbox.close();
    }
  });
}

interface Parts extends Temporal {
  sandbox: Sandbox;
  worker: OwnedProcess;
  team: Team;
}

async function measure(options: ScaleOptions, { client, pid, sandbox, worker, team }: Parts): Promise<Point> {
  const { claims: many, requestsPerMinute, holdSeconds, tell } = options;
  const phases = new Phases({ server: pid, worker: worker.pid, sandbox });
  const feed = client.workflow.getHandle(FEED_WORKFLOW_ID);
  const feedStatus = await waitFor('the first round of the feed', 60_000, async () => {
    const status = await feed.query(feedStatusQuery).catch(() => undefined);
    return status && status.rounds > 0 ? status : undefined;
  });
  tell(`the worker is up, its feed is on the way ${feedStatus.way}; ${many} claims are opened`);

  const open = await phases.of(async () => {
    await startAll(new Claims(client), many);
    await waitFor(`${many} open tasks`, HOURS_MS, () => sandbox.stats().openTasks >= many || undefined);
    await waitFor(`${many} awaited tasks`, HOURS_MS, async () => (await awaited()) >= many || undefined);
  });
  tell(`open after ${open.seconds} s, with ${open.requests} requests; held for ${holdSeconds} s`);

  // Held is what is quiet: right after the opening the feed still hurries.
  await waitFor('a quiet feed', HOURS_MS, async () => {
    const { intervalMs, requestsPerMinute: allowed } = await feed.query(feedStatusQuery);
    return intervalMs > 4 * spacingMs(allowed) || undefined;
  });
  const held = await phases.of(() => sleep(holdSeconds * 1000));
  const began = performance.now();
  await new RunningProcesses(client).awaitedTasks();
  const listMs = Math.round(performance.now() - began);
  const { way, awaited: known, intervalMs, expectedDelayMs } = await feed.query(feedStatusQuery);
  const hold = { ...held, feed: { way, awaited: known, intervalMs, expectedDelayMs }, listMs };
  tell(`${round((held.requests * 60) / held.seconds)} requests a minute while held; reconciled`);

  let report: ReconcileReport | undefined;
  const reconciled = await phases.of(async () => {
    report = await client.workflow.execute(RECONCILE_WORKFLOW, {
      workflowId: RECONCILE_WORKFLOW,
      taskQueue: PROCESSES_QUEUE,
      args: [{ dryRun: true }],
    });
  });
  const { clean, silent, requests, processes, openTasks, incomplete } = report as ReconcileReport;
  const reconcile = { ...reconciled, stated: requests.look, clean, silent };
  tell(
    `reconciled in ${reconcile.seconds} s, ${requests.look} requests stated; ${options.finish ? 'finished' : 'left'}`,
  );

  let finish: Phase | undefined;
  if (options.finish) {
    finish = await phases.of(async () => {
      team.start();
      await waitFor(
        'the end of every claim',
        HOURS_MS,
        async () => ((await running()) === 0 ? true : undefined),
        1_000,
      );
    });
    tell(`finished in ${finish.seconds} s, with ${finish.requests} requests`);
  }

  const loop = eventLoopIn(worker.output());
  const unseen = clean && processes === many && openTasks === many;
  const reconciliation = unseen
    ? []
    : [`reconciliation saw ${processes} processes, ${openTasks} tasks, ${silent} silent; ${incomplete ?? ''}`];
  return {
    claims: many,
    date: new Date().toISOString().slice(0, 10),
    requestsPerMinute,
    cached: PROCESSES_SIZING.maxCachedWorkflows,
    open,
    hold,
    reconcile,
    ...(finish ? { finish } : {}),
    maxIn60s: sandbox.stats().maxIn60s,
    eventLoop: {
      busyPercent: loop ? round((100 * loop.activeMs) / (loop.activeMs + loop.idleMs)) : NaN,
      lateMsP99: loop?.lateMs.p99 ?? NaN,
      lateMsMax: loop?.lateMs.max ?? NaN,
    },
    history: await historyOf(many),
    wrongs: [...reconciliation, ...(finish ? await wrongs(client, sandbox, many) : [])],
  };

  async function awaited(): Promise<number> {
    return (await client.workflow.count("ExecutionStatus = 'Running' AND FragmentTasks IS NOT NULL")).count;
  }

  async function running(): Promise<number> {
    return (await client.workflow.count(`WorkflowType = '${CLAIM_WORKFLOW}' AND ExecutionStatus = 'Running'`)).count;
  }

  async function historyOf(claims: number): Promise<{ events: number; bytes: number }> {
    const some = Array.from({ length: Math.min(HISTORIES, claims) }, (_, n) => claimWorkflowId(claimOf(n).id));
    const counted = await Promise.all(some.map((id) => countHistory(client, id)));
    const mean = (of: (each: { events: number; bytes: number }) => number) =>
      Math.round(counted.reduce((sum, each) => sum + of(each), 0) / counted.length);
    return { events: mean(({ events }) => events), bytes: mean(({ bytes }) => bytes) };
  }
}

async function startAll(claims: Claims, many: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < many; n = next++) await claims.start(claimOf(n));
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, lane));
}
