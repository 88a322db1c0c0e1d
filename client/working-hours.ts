import { z } from 'zod';
import { holidaysSchema, hoursSchema } from '../workflows/claim/schema.js';
import type { Calendar, Weekday } from '../workflows/tasks/contract.js';
import { parseInput } from './input.js';

export interface WorkingHours {
  /** IANA name: `Europe/Berlin`. */
  timeZone: string;
  /** By weekday, 0 for Sunday, in that zone: `{ 1: [['09:00', '17:00']] }`. @default Monday to Friday, 9 to 17 */
  hours?: Calendar['hours'];
  /** Closed all day, in that zone: `2026-12-25`. */
  holidays?: readonly string[];
}

const NINE_TO_FIVE = [['09:00', '17:00']] as const;
const OFFICE: Calendar['hours'] = Object.fromEntries([1, 2, 3, 4, 5].map((day) => [day, NINE_TO_FIVE]));
const HOUR = 3_600_000;
/** Summer time is looked up this far ahead; processes that live longer keep the last offset. */
const YEARS = 5;

const schema = z.strictObject({
  timeZone: z.string().refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin'),
  hours: hoursSchema.optional(),
  holidays: holidaysSchema.optional(),
});

/**
 * Working hours as the data that processes count in, with the zone's summer time written out for the years to come.
 * @throws InputError naming what is wrong.
 */
export function calendar(input: WorkingHours, now: Date = new Date()): Calendar {
  const { timeZone, hours, holidays } = parseInput(schema, input) as WorkingHours;
  return { hours: ordered(hours ?? OFFICE), holidays, offsets: offsets(timeZone, now) };
}

function ordered(hours: Calendar['hours']): Calendar['hours'] {
  const days = Object.entries(hours) as [`${Weekday}`, NonNullable<Calendar['hours'][Weekday]>][];
  return Object.fromEntries(days.map(([day, spans]) => [day, spans.toSorted(([a], [b]) => (a < b ? -1 : 1))]));
}

function offsets(timeZone: string, now: Date): Calendar['offsets'] {
  const found: { from: string; minutes: number }[] = [];
  const start = Math.floor(now.getTime() / HOUR) * HOUR - 24 * HOUR;
  const end = start + YEARS * 366 * 24 * HOUR;
  // A day at a time, then the very hour: zones change at full hours of UTC, at least at quarters of one.
  for (let at = start; at < end; at += 24 * HOUR) {
    const minutes = offsetOf(timeZone, at);
    if (found.at(-1)?.minutes === minutes) continue;
    const from = found.length === 0 ? at : changeWithin(timeZone, at - 24 * HOUR, at);
    found.push({ from: new Date(from).toISOString(), minutes });
  }
  return found;
}

/** The first instant of (from, to] with the offset that `to` has. */
function changeWithin(timeZone: string, from: number, to: number): number {
  const minutes = offsetOf(timeZone, to);
  let [before, after] = [from, to];
  while (after - before > 60_000) {
    const middle = Math.floor((before + after) / 120_000) * 60_000;
    if (offsetOf(timeZone, middle) === minutes) after = middle;
    else before = middle;
  }
  return after;
}

function offsetOf(timeZone: string, instant: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(instant);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en-US', { timeZone: name }));
  } catch {
    return false;
  }
}
