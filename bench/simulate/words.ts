import type { Percentiles } from '../percentiles.js';
import { round } from '../section.js';
import type { Scenario } from './scenario.js';
import { peopleNeeded, workersNeeded, type Share } from './shares.js';
import type { Simulated } from './simulate.js';

/** For the terminal: a line for each figure. */
export function linesOf(scenario: Scenario, simulated: Simulated, shares: readonly Share[]): [string, string][] {
  const { claims, requests, backlog, tasksOpen } = simulated;
  const [first] = shares as [Share];
  return [
    ['claims', `${claims.started} came in, ${claims.ended} have ended, at most ${claims.mostAtOnce} at a time`],
    ['a claim takes', spread(claims.ms)],
    [
      'requests a minute',
      `${round(requests.perMinute)} on average, at most ${requests.maxIn60s} of ${scenario.requestsPerMinute}`,
    ],
    [
      'requests',
      `${requests.total}: ${requests.writes} with writes, ${requests.reads} that read; ${requests.s429} answered 429`,
    ],
    ['a write waits', spread(simulated.write)],
    ['the feed is behind by', spread(simulated.feed)],
    ["from a step's end to the next task", spread(simulated.handover)],
    ['a task waits for a person', spread(simulated.forPeople)],
    ['tasks that nobody has begun', `at most ${backlog.most}; when people leave: ${backlog.atEndOfDay.join(', ')}`],
    ['tasks open', `at most ${tasksOpen.most}; when people leave: ${tasksOpen.atEndOfDay.join(', ')}`],
    ['people needed', `${Math.ceil(peopleNeeded(scenario))}, of whom there are ${scenario.people}`],
    ['workers needed', `${workersNeeded(scenario, simulated)} with one to spare, and two gateways of which one sends`],
    ...shares.map(({ what, share, claimsADay }): [string, string] => [
      `share used: ${what}`,
      `${round(100 * share)} %, all of it at ${claimsADay} claims a day`,
    ]),
    ['saturates first', first.share > 1 ? `${first.what}: too few already` : first.what],
  ];
}

function spread({ p50, p95, p99, max }: Percentiles): string {
  return `${inTime(p50)} (p95 ${inTime(p95)}, p99 ${inTime(p99)}, most ${inTime(max)})`;
}

function inTime(ms: number): string {
  if (Number.isNaN(ms)) return '-';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${round(ms / 1_000)} s`;
  return ms < 7_200_000 ? `${round(ms / 60_000)} min` : `${round(ms / 3_600_000)} h`;
}
