import type { Calendar, Lifecycle } from '../../workflows/tasks/contract.js';
import { EPOCH } from './virtual-time.js';

/** What is asked: so many claims, these people, that limit. */
export interface Scenario {
  seed: string;
  /** From a Monday on. */
  days: number;
  claimsADay: number;
  /** When claims come in, each day, evenly and by chance. */
  arrivals: Span;
  /** Steps of a claim that people do, one after the other. The payment, which the provider makes, comes after them. */
  steps: number;
  lifecycle: Lifecycle;
  people: number;
  /** When people work. */
  hours: Span;
  /** How many days of the week, from Monday on. */
  workdays: number;
  /** On average; one step takes from half to one and a half of it. */
  minutesAStep: number;
  requestsPerMinute: number;
  batch: number;
  /** How long Fragment takes to answer a request. */
  fragmentMs: number;
  feed: 'list' | 'bulk';
  workers: number;
  /** What a worker needs for one step of a process, with one core for itself. */
  workerMs: number;
}

/** Times of a day, such as 09:00 and 17:00. */
export type Span = readonly [from: string, to: string];

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const DEFAULTS: Scenario = {
  seed: '1',
  days: 5,
  claimsADay: 1_000,
  arrivals: ['00:00', '24:00'],
  steps: 3,
  lifecycle: 'task-per-step',
  people: 30,
  hours: ['09:00', '17:00'],
  workdays: 5,
  minutesAStep: 4,
  requestsPerMinute: 60,
  batch: 100,
  fragmentMs: 200,
  feed: 'list',
  workers: 1,
  workerMs: 40,
};

export const msOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * HOUR_MS + minutes * MINUTE_MS;
};

export const lengthOf = ([from, to]: Span): number => msOf(to) - msOf(from);

/** As processes count working time in. */
export function calendarOf({ hours, workdays }: Scenario): Calendar {
  const monday = 1;
  const days = Array.from({ length: workdays }, (_, day) => (monday + day) % 7);
  return {
    hours: Object.fromEntries(days.map((day) => [day, [hours]])),
    offsets: [{ from: new Date(EPOCH).toISOString(), minutes: 0 }],
  };
}
