import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import { chance } from '../../sandbox/team-rule.js';
import { taskKey } from '../../workflows/tasks/contract.js';
import { percentiles, type Percentiles } from '../percentiles.js';
import { SimulatedFeed } from './feed.js';
import { SimulatedFragment } from './fragment.js';
import { Hours } from './hours.js';
import { People } from './people.js';
import { calendarOf, DAY_MS, lengthOf, MINUTE_MS, msOf, type Scenario } from './scenario.js';
import { VirtualTime } from './virtual-time.js';
import { Workers } from './workers.js';

/** What came of it. Times in ms. */
export interface Simulated {
  claims: { started: number; ended: number; ms: Percentiles };
  requests: { total: number; writes: number; reads: number; perMinute: number; maxIn60s: number; s429: number };
  /** From the wish to write to Fragment's acknowledgement. */
  write: Percentiles;
  /** From a step's completion to the process's hearing of it, and on until the next step's task is there. */
  feed: Percentiles;
  handover: Percentiles;
  /** How long a task waited for somebody to begin with it. */
  forPeople: Percentiles;
  backlog: { most: number; atEndOfDay: number[] };
  tasksOpen: { most: number; atEndOfDay: number[] };
  claimsOpen: { most: number };
  peopleWorkedMs: number;
  /** The most of one hour. */
  busiest: Record<'writes' | 'requests' | 'completions' | 'steps', number>;
}

const READS = ['GET /tasks', 'POST /tasks/query', 'GET /tasks/:uid'];

/**
 * The product's own gateway, budget and feed, in simulated time, between processes, people and a Fragment that are reduced
 * to what takes time. `untilEnded`: goes on until every claim has ended, instead of for so many days.
 */
export async function simulate(scenario: Scenario, { untilEnded = false } = {}): Promise<Simulated> {
  const { seed, days, claimsADay, steps, lifecycle, minutesAStep } = scenario;
  const time = new VirtualTime();
  const hours = new Hours(time);
  const writes: number[] = [];
  const feedDelays: number[] = [];
  const handovers: number[] = [];
  const durations: number[] = [];
  /** By uid: what goes on when the process hears of its task. */
  const waiting = new Map<string, () => void>();
  const open = { most: 0, atEndOfDay: [] as number[] };
  const backlog = { most: 0, atEndOfDay: [] as number[] };
  const running = { now: 0, most: 0, started: 0 };

  const people = new People(time, scenario.people, calendarOf(scenario));
  const workers = new Workers(time, scenario.workers, scenario.workerMs);
  const fragment = new SimulatedFragment({
    time,
    answerMs: scenario.fragmentMs,
    requestsPerMinute: scenario.requestsPerMinute,
    requested: () => hours.count('requests'),
    opened: ({ uid, fields }) => {
      open.most = Math.max(open.most, fragment.open);
      const factor = 0.5 + chance(seed, 'think', uid, fields?.step);
      people.offer(minutesAStep * MINUTE_MS * factor, () => {
        hours.count('completions');
        fragment.finish(uid);
      });
      backlog.most = Math.max(backlog.most, people.backlog);
    },
  });
  const gateway = new Gateway({
    client: fragment,
    requestsPerMinute: scenario.requestsPerMinute,
    maxBatch: scenario.batch,
    clock: time,
    onAcknowledged: (ms) => writes.push(ms),
  });
  const feed = new SimulatedFeed(
    {
      time,
      gateway,
      fragment,
      awaited: () => [...waiting.keys()],
      tell: (uid) => {
        const goOn = waiting.get(uid);
        if (!goOn) return;
        waiting.delete(uid);
        feedDelays.push(time.date() - fragment.doneAt(uid));
        goOn();
      },
    },
    scenario.feed,
    scenario.batch,
  );

  for (let day = 0; day < days; day += 1) {
    for (let n = 0; n < claimsADay; n += 1) time.at(arrivalOf(scenario, day, n), () => void claim(`${day}-${n}`));
    time.at(day * DAY_MS + msOf(scenario.hours[1]), () => {
      backlog.atEndOfDay.push(people.backlog);
      open.atEndOfDay.push(fragment.open);
    });
  }
  void feed.run();
  const left = () => !untilEnded || durations.length < days * claimsADay;
  await time.run(untilEnded ? Infinity : days * DAY_MS, left);

  const { byEndpoint, requests: total, maxIn60s, s429 } = fragment.counter;
  const reads = READS.reduce((sum, endpoint) => sum + (byEndpoint[endpoint] ?? 0), 0);
  return {
    claims: { started: running.started, ended: durations.length, ms: percentiles(durations) },
    requests: { total, writes: total - reads, reads, perMinute: total / (time.now() / MINUTE_MS), maxIn60s, s429 },
    write: percentiles(writes),
    feed: percentiles(feedDelays),
    handover: percentiles(handovers),
    forPeople: percentiles(people.waits),
    backlog,
    tasksOpen: open,
    claimsOpen: { most: running.most },
    peopleWorkedMs: people.workedMs,
    busiest: {
      writes: hours.most('writes'),
      requests: hours.most('requests'),
      completions: hours.most('completions'),
      steps: hours.most('steps'),
    },
  };

  /** As workflows/claim does it: each step's task is opened, or the single one moved to it; the payment is recorded as done. */
  async function claim(id: string): Promise<void> {
    const began = time.now();
    running.started += 1;
    running.now += 1;
    running.most = Math.max(running.most, running.now);
    let done: number | undefined;
    for (let step = 1; step <= steps; step += 1) {
      const uid = taskUid(taskKey(id, lifecycle, `step-${step}`, 1));
      const told = new Promise<void>((resolve) => {
        waiting.set(uid, resolve);
      });
      await write(uid, step, 'TODO');
      if (done !== undefined) handovers.push(time.date() - done);
      await told;
      done = fragment.doneAt(uid);
    }
    await write(taskUid(taskKey(id, lifecycle, 'payment', 1)), steps + 1, 'DONE');
    if (done !== undefined) handovers.push(time.date() - done);
    running.now -= 1;
    durations.push(time.now() - began);
  }

  async function write(uid: string, step: number, status: 'TODO' | 'DONE'): Promise<void> {
    hours.count('steps');
    await workers.step();
    const kind = lifecycle === 'single-task' && step > 1 ? 'update' : 'create';
    await gateway.write({
      uid,
      kind,
      body: { status, fields: { title: `Step ${step}`, step: `step-${step}`, round: 1 } },
    });
    hours.count('writes');
  }
}

/** Evenly over the hours in which claims come in, by chance: the same whatever else is changed. */
export function arrivalOf({ seed, arrivals }: Scenario, day: number, n: number): number {
  return day * DAY_MS + msOf(arrivals[0]) + chance(seed, 'arrival', day, n) * lengthOf(arrivals);
}
