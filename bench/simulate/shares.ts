import { RequestBudget } from '../../fragment/budget.js';
import { spacingMs } from '../../workflows/account/feed-pace.js';
import { HOUR_MS, lengthOf, MINUTE_MS, type Scenario } from './scenario.js';
import type { Simulated } from './simulate.js';

/** How much of what there is was asked for, 1 being all: of people over the days, of the rest in its busiest hour. */
export interface Share {
  what: 'people' | 'writes' | 'change feed' | 'workers';
  share: number;
  /** Claims a day at which it would be all, everything else unchanged. */
  claimsADay: number;
}

/** A worker that is busier than this answers late. */
const BUSY = 0.7;

/** The first is what saturates first. */
export function sharesOf(scenario: Scenario, { busiest }: Simulated): Share[] {
  const { feed, requestsPerMinute, batch, workers, workerMs, claimsADay, people } = scenario;
  const { perSecond } = new RequestBudget(requestsPerMinute, 0);
  const readsPerSecond = 1000 / spacingMs(perSecond * 60);
  const anHour = HOUR_MS / 1000;
  const asked: [Share['what'], number][] = [
    ['people', peopleNeeded(scenario) / people],
    // In full batches, with the feed taking all that it may.
    ['writes', busiest.writes / ((perSecond - readsPerSecond) * batch * anHour)],
    // Reading in bulk, it does not fall behind what happens: it is late by what is open.
    ['change feed', feed === 'list' ? busiest.completions / (readsPerSecond * batch * anHour) : 0],
    ['workers', (busiest.steps * workerMs) / (workers * HOUR_MS)],
  ];
  return asked
    .filter(([, share]) => share > 0)
    .map(([what, share]) => ({ what, share, claimsADay: Math.floor(claimsADay / share) }))
    .toSorted((a, b) => b.share - a.share);
}

/** Working all their hours, over the days that are simulated. */
export function peopleNeeded({ claimsADay, steps, minutesAStep, hours, workdays, days }: Scenario): number {
  const worked = lengthOf(hours) * workdaysAmong(days, workdays);
  return (days * claimsADay * steps * minutesAStep * MINUTE_MS) / worked;
}

/** One more than what is needed in the busiest hour, so that one may be missing. */
export function workersNeeded({ workerMs }: Scenario, { busiest }: Simulated): number {
  return Math.ceil((busiest.steps * workerMs) / (BUSY * HOUR_MS)) + 1;
}

function workdaysAmong(days: number, workdays: number): number {
  return Math.floor(days / 7) * workdays + Math.min(days % 7, workdays);
}
