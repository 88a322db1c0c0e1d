/**
 * Working time as plain data, so that workflow code can count in it: Intl's answers change with the Node version, and a
 * replay would then arrive at other times. The client makes it from a time zone's name (client/working-hours.ts).
 */
export interface Calendar {
  /** Opening hours by weekday, 0 for Sunday, in local time: `[['09:00', '12:00'], ['13:00', '17:30']]`. */
  hours: Partial<Record<Weekday, readonly (readonly [from: string, to: string])[]>>;
  /** Closed all day: `2026-12-25`. */
  holidays?: readonly string[];
  /** Minutes that local time is ahead of UTC, each from this instant (ISO 8601, UTC) on; in order. */
  offsets: readonly { from: string; minutes: number }[];
}
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A calendar that is closed for longer than this will not open again: its deadlines would never come. */
const MAX_DAYS = 400;

/** The instant by which so much working time will have passed since `from`; `from` itself for none. */
export function addWorkingTime(calendar: Calendar, from: number, ms: number): number {
  let left = ms;
  if (left <= 0) return from;
  for (const [start, end] of openings(calendar, from)) {
    const begin = Math.max(start, from);
    if (end <= begin) continue;
    if (left <= end - begin) return begin + left;
    left -= end - begin;
  }
  // Plain time from where the calendar's knowledge ends: late, but never "never".
  return from + ms;
}

/** How much of the time between two instants is working time. */
export function workingTimeBetween(calendar: Calendar, from: number, to: number): number {
  let sum = 0;
  for (const [start, end] of openings(calendar, from)) {
    if (start >= to) break;
    sum += Math.max(0, Math.min(end, to) - Math.max(start, from));
  }
  return sum;
}

/** What people call a day: the longest that the calendar is open on a weekday. */
export function workingDay(calendar: Calendar): number {
  const days = Object.values(calendar.hours).map((spans) =>
    spans.reduce((sum, [from, to]) => sum + (minutesOf(to) - minutesOf(from)) * MINUTE, 0),
  );
  return Math.max(0, ...days);
}

/** The spans that are open, from the local day of `from` on. Each is counted by the clock on the wall at its ends. */
function* openings({ hours, holidays = [], offsets }: Calendar, from: number): Generator<[number, number]> {
  const closed = new Set(holidays);
  const firstDay = Math.floor((from + offsetAt(offsets, from) * MINUTE) / DAY);
  let idle = 0;
  for (let day = firstDay; idle < MAX_DAYS; day += 1, idle += 1) {
    // The epoch's first day was a Thursday.
    const spans = hours[((((day + 4) % 7) + 7) % 7) as Weekday] ?? [];
    if (spans.length === 0 || closed.has(new Date(day * DAY).toISOString().slice(0, 10))) continue;
    for (const [opens, closes] of spans) {
      const span: [number, number] = [instantOf(offsets, day, opens), instantOf(offsets, day, closes)];
      // One that is never open would be gone through for ever.
      if (!(span[1] > span[0])) continue;
      idle = 0;
      yield span;
    }
  }
}

/** An hour that is left out in spring is the one after it; of one that comes twice in autumn, the first counts. */
function instantOf(offsets: Calendar['offsets'], day: number, time: string): number {
  const local = day * DAY + minutesOf(time) * MINUTE;
  const before = local - offsetAt(offsets, local - DAY) * MINUTE;
  const after = local - offsetAt(offsets, local + DAY) * MINUTE;
  return offsetAt(offsets, before) * MINUTE === local - before ? before : after;
}

function offsetAt(offsets: Calendar['offsets'], instant: number): number {
  const current = offsets.findLast(({ from }) => Date.parse(from) <= instant) ?? offsets[0];
  return current?.minutes ?? 0;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
