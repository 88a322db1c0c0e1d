import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { startSandbox } from '../../sandbox/server.js';
import { Team } from '../../sandbox/team.js';
import { PROCESSES_SIZING } from '../../worker/workers.js';
import { claimWorkflowId } from '../../workflows/claim/contract.js';
import { TOKEN } from '../fragment.js';
import { countHistory } from '../history.js';
import { startWorkerProcess } from '../process.js';
import { round } from '../section.js';
import { environment, withTemporal } from '../temporal.js';
import { AT_ONCE, claimOf } from './claims.js';
import { eventLoopIn } from './event-loop.js';
import { Phases, type Phase } from './phases.js';
import { finish, hold, open, ready, reconcile, type Held, type Reconciled, type Stage } from './steps.js';
import { wrongs } from './verdict.js';

export interface ScaleOptions {
  claims: number;
  /** Of Fragment, and what the worker is told of it. */
  requestsPerMinute: number;
  holdSeconds: number;
  /** False: they are left open, and the server stops with them. */
  finish: boolean;
  tell: (what: string) => void;
  /** Told before they are finished, which takes longer than all before it, what is known by then. */
  soFar: (point: Point) => Promise<void>;
}

/** What so many open claims cost. */
export interface Point {
  claims: number;
  date: string;
  requestsPerMinute: number;
  /** Processes that a worker keeps cached: the others are replayed when something happens to them. */
  cached: number;
  open: Phase;
  hold: Held;
  reconcile: Reconciled;
  /** Absent where they are still open. */
  finish?: Phase;
  maxIn60s: number;
  eventLoop: { busyPercent: number; lateMsP99: number; lateMsMax: number };
  /** Of a claim, as far as it has come. */
  history: { events: number; bytes: number };
  /** Empty where all is as it should be. */
  wrongs: string[];
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const HISTORIES = 20;

/** Claims are opened, held open with nobody at work, reconciled, then finished; one worker for all, in a process of its own. */
export function runScale(options: ScaleOptions): Promise<Point> {
  return withTemporal(async (temporal) => {
    const { requestsPerMinute } = options;
    const sandbox = await startSandbox({ token: TOKEN, team: false, behaviour: { rateLimit: requestsPerMinute } });
    const settings = { ...environment(sandbox, requestsPerMinute), TEMPORAL_ADDRESS: temporal.address };
    const worker = await startWorkerProcess('all', settings, WORKER);
    const phases = new Phases({ server: temporal.pid, worker: worker.pid, sandbox });
    const team = new Team(sandbox.tasks, AT_ONCE);
    try {
      return await Promise.race([worker.died, measure(options, { ...temporal, sandbox, worker, team, phases })]);
    } finally {
      team.stop();
      await worker.stop();
      await sandbox.close();
    }
  });
}

async function measure(options: ScaleOptions, stage: Stage): Promise<Point> {
  const { claims, requestsPerMinute, holdSeconds, tell } = options;
  await ready(stage);
  tell('the worker is up; opening');
  const opened = await open(stage, claims);
  tell(`open after ${opened.seconds} s, with ${opened.requests} requests; holding for ${holdSeconds} s`);
  const held = await hold(stage, holdSeconds);
  tell(`${round((held.requests * 60) / held.seconds)} requests a minute while held; reconciling`);
  const reconciled = await reconcile(stage, claims);
  tell(`reconciled in ${reconciled.seconds} s, with ${reconciled.requests} requests`);
  const point = async (): Promise<Point> => ({
    claims,
    date: new Date().toISOString().slice(0, 10),
    requestsPerMinute,
    cached: PROCESSES_SIZING.maxCachedWorkflows,
    open: opened,
    hold: held,
    reconcile: reconciled,
    maxIn60s: stage.sandbox.stats().maxIn60s,
    eventLoop: eventLoopOf(stage),
    history: await historyOf(stage.client, claims),
    wrongs: reconciled.unseen ? [reconciled.unseen] : [],
  });
  const standing = await point();
  if (!options.finish) return standing;

  await options.soFar(standing);
  tell('finishing');
  const finished = await finish(stage);
  tell(`finished in ${finished.seconds} s, with ${finished.requests} requests`);
  const ended = await point();
  return {
    ...ended,
    finish: finished,
    wrongs: [...ended.wrongs, ...(await wrongs(stage.client, stage.sandbox, claims))],
  };
}

function eventLoopOf({ worker }: Stage): Point['eventLoop'] {
  const { activeMs, idleMs, lateMs } = eventLoopIn(worker.output()) ?? { activeMs: NaN, idleMs: NaN };
  return {
    busyPercent: round((100 * activeMs) / (activeMs + idleMs)),
    lateMsP99: lateMs?.p99 ?? NaN,
    lateMsMax: lateMs?.max ?? NaN,
  };
}

async function historyOf(client: Client, claims: number): Promise<Point['history']> {
  const some = Array.from({ length: Math.min(HISTORIES, claims) }, (_, n) => claimWorkflowId(claimOf(n).id));
  const counted = await Promise.all(some.map((id) => countHistory(client, id)));
  const mean = (of: (each: { events: number; bytes: number }) => number) =>
    Math.round(counted.reduce((sum, each) => sum + of(each), 0) / counted.length);
  return { events: mean(({ events }) => events), bytes: mean(({ bytes }) => bytes) };
}
