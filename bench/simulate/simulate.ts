import { Gateway } from '../../fragment/gateway.js';
import { chance } from '../../sandbox/team-rule.js';
import { percentiles, type Percentiles } from '../percentiles.js';
import { SimulatedClaims } from './claims.js';
import { SimulatedFeed } from './feed.js';
import { SimulatedFragment } from './fragment.js';
import { Hours } from './hours.js';
import { People } from './people.js';
import { calendarOf, DAY_MS, lengthOf, MINUTE_MS, msOf, type Scenario } from './scenario.js';
import { VirtualTime } from './virtual-time.js';
import { Workers } from './workers.js';

/** What came of it. Times in ms. */
export interface Simulated {
  claims: { started: number; ended: number; mostAtOnce: number; ms: Percentiles };
  requests: { total: number; writes: number; reads: number; perMinute: number; maxIn60s: number; s429: number };
  /** From the wish to write to Fragment's acknowledgement. */
  write: Percentiles;
  /** From a step's completion to the process's hearing of it, and on until the next step's task is there. */
  feed: Percentiles;
  handover: Percentiles;
  /** How long a task waited for somebody to begin with it. */
  forPeople: Percentiles;
  /** Tasks that nobody has begun. */
  backlog: Level;
  tasksOpen: Level;
  /** The most of one hour. */
  busiest: Record<'writes' | 'requests' | 'completions' | 'steps', number>;
}

interface Level {
  most: number;
  /** When people leave. */
  atEndOfDay: number[];
}

const READS = ['GET /tasks', 'POST /tasks/query', 'GET /tasks/:uid'];

/**
 * The product's own gateway, budget and feed, in simulated time, between processes, people and a Fragment that are reduced
 * to what takes time. `untilEnded`: goes on until every claim has ended, instead of for so many days.
 */
export async function simulate(scenario: Scenario, { untilEnded = false } = {}): Promise<Simulated> {
  const { seed, days, claimsADay, requestsPerMinute, batch, minutesAStep } = scenario;
  const time = new VirtualTime();
  const hours = new Hours(time);
  const writes: number[] = [];
  const backlog: Level = { most: 0, atEndOfDay: [] };
  const tasksOpen: Level = { most: 0, atEndOfDay: [] };

  const people = new People(time, scenario.people, calendarOf(scenario));
  const workers = new Workers(time, scenario.workers, scenario.workerMs);
  const fragment = new SimulatedFragment({
    time,
    answerMs: scenario.fragmentMs,
    requestsPerMinute,
    requested: () => hours.count('requests'),
    opened: ({ uid, fields }) => {
      const factor = 0.5 + chance(seed, 'think', uid, fields?.step);
      people.offer(minutesAStep * MINUTE_MS * factor, () => {
        hours.count('completions');
        fragment.finish(uid);
      });
      backlog.most = Math.max(backlog.most, people.backlog);
      tasksOpen.most = Math.max(tasksOpen.most, fragment.open);
    },
  });
  const onAcknowledged = (ms: number) => void writes.push(ms);
  const gateway = new Gateway({ client: fragment, requestsPerMinute, maxBatch: batch, clock: time, onAcknowledged });
  const claims = new SimulatedClaims(scenario, { time, hours, workers, gateway, fragment });
  const feed = new SimulatedFeed({ time, gateway, fragment, claims }, scenario);

  for (let day = 0; day < days; day += 1) {
    for (let n = 0; n < claimsADay; n += 1) {
      time.at(arrivalOf(scenario, day, n), () => void claims.run(`claim#${day}-${n}`));
    }
    time.at(day * DAY_MS + msOf(scenario.hours[1]), () => {
      backlog.atEndOfDay.push(people.backlog);
      tasksOpen.atEndOfDay.push(fragment.open);
    });
  }
  void feed.run();
  await time.run(untilEnded ? Infinity : days * DAY_MS, () => !untilEnded || claims.took.length < days * claimsADay);

  const { byEndpoint, requests: total, maxIn60s, s429 } = fragment.counter;
  const reads = READS.reduce((sum, endpoint) => sum + (byEndpoint[endpoint] ?? 0), 0);
  const { started, mostAtOnce, took } = claims;
  return {
    claims: { started, ended: took.length, mostAtOnce, ms: percentiles(took) },
    requests: { total, writes: total - reads, reads, perMinute: total / (time.now() / MINUTE_MS), maxIn60s, s429 },
    write: percentiles(writes),
    feed: percentiles(claims.feedDelays),
    handover: percentiles(claims.handovers),
    forPeople: percentiles(people.waits),
    backlog,
    tasksOpen,
    busiest: {
      writes: hours.most('writes'),
      requests: hours.most('requests'),
      completions: hours.most('completions'),
      steps: hours.most('steps'),
    },
  };
}

/** Evenly over the hours in which claims come in, by chance: the same whatever else is changed. */
export function arrivalOf({ seed, arrivals }: Scenario, day: number, n: number): number {
  return day * DAY_MS + msOf(arrivals[0]) + chance(seed, 'arrival', day, n) * lengthOf(arrivals);
}
