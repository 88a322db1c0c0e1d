import { log } from '@temporalio/activity';

/** How the awaited tasks are read, best first. */
export type Reading = 'bulk' | 'sweep' | 'single';
/** What the feed learns completions by: the list of changes, or by reading the awaited tasks. */
export type FeedWay = 'list' | Reading;

/**
 * All that the feed remembers; kept in its workflow, so that a restart loses nothing. Each round carries it twice through
 * Temporal's history, so it holds no list of awaited tasks: a place in Temporal's list stands for what has been looked at.
 */
export interface FeedCursor {
  round: number;
  /** Whether the list of changed tasks is relied on. */
  list: boolean;
  reading: Reading;
  /** Why a better way is not used. */
  why?: string;
  /** The newest updated_at that Fragment has shown: the server's clock, not ours. */
  since?: string;
  /** More had changed than a round reads: the next goes on at `since` exactly. */
  behind?: boolean;
  /** When the better ways are tried again (ms since 1970), and the wait after the next failure. */
  retryAt?: number;
  retryMs?: number;
  steppedDownIn?: number;
  /** Where in Temporal's list of the processes that wait the next look begins; absent: at its front. */
  place?: string;
  /** Tasks that are awaited: in the list as far as it has been gone through, and when its end was reached last. */
  counted?: number;
  awaited?: number;
  /** The suspect that was looked at last; the next in order are due. */
  suspect?: string;
  /** Every awaited task has been looked at since the list has been relied on. */
  cycled: boolean;
  /** What has been passed on, by a digest of task and transition. */
  delivered: Record<string, Told>;
  /** Tasks whose completion a read found before the list told of it, and when (ms since 1970). */
  unlisted: Record<string, { transition: string; since: number }>;
}

/** The round in which it was passed on last; with how often, where that was more than once. */
export type Told = number | readonly [round: number, times: number];

/** Enough for the completions of some minutes; with more, the oldest may be told twice, which processes expect. */
const DELIVERED = 2_000;
/**
 * Rounds after which a completion is passed on again to a process that still awaits it: Fragment may not move done_at when a
 * task is reopened and done again, and then the two look alike. Twice as many each time, up to a day or so: a process that is
 * paused or parked for months must not run into the 10,000 Signals that Temporal takes for one.
 */
const AGAIN_AFTER_ROUNDS = 100;
const AGAIN_AT_THE_LATEST_ROUNDS = 12_800;
/** A few are enough to find out about the list. */
const UNLISTED = 20;
const LONGEST_RETRY_MS = 6 * 3_600_000;
/** So long without stepping down, and the next failure is the first again. */
const CALM_ROUNDS = 100;
/** Of clocks against each other, and of a list that is behind when it is relied on again. */
const MARGIN_MS = 300_000;

const BELOW: Record<Reading, Reading> = { bulk: 'sweep', sweep: 'single', single: 'single' };

export const wayOf = ({ list, reading }: FeedCursor): FeedWay => (list ? 'list' : reading);

/** The cursor of the next round. `climbs`: the better ways are to be tried again in it. */
export function nextRound(last: FeedCursor | undefined, now: number): { cursor: FeedCursor; climbs: boolean } {
  const cursor: FeedCursor = last
    ? { ...last, delivered: prune(last), unlisted: { ...last.unlisted }, round: last.round + 1 }
    : { round: 1, list: true, reading: 'bulk', cycled: false, delivered: {}, unlisted: {} };
  cursor.since ??= new Date(now - MARGIN_MS).toISOString();
  if (cursor.steppedDownIn !== undefined && cursor.round - cursor.steppedDownIn > CALM_ROUNDS) delete cursor.retryMs;
  const climbs = cursor.retryAt !== undefined && now >= cursor.retryAt;
  if (climbs) climb(cursor);
  return { cursor, climbs };
}

/** Gives the current way up for a worse one, until `retryMs` have passed; twice as long each time. */
export function stepDown(cursor: FeedCursor, what: 'list' | 'reading', why: string, retryMs: number): void {
  if (what === 'list') Object.assign(cursor, { list: false, unlisted: {} });
  else cursor.reading = BELOW[cursor.reading];
  const wait = cursor.retryMs ?? retryMs;
  if (cursor.steppedDownIn !== cursor.round) {
    cursor.retryAt = Date.now() + wait;
    cursor.retryMs = Math.min(wait * 2, LONGEST_RETRY_MS);
    cursor.why = why;
  } else cursor.why = `${cursor.why}; ${why}`;
  cursor.steppedDownIn = cursor.round;
  log.warn(`change feed: ${why}`, { way: wayOf(cursor), readsBy: cursor.reading });
}

/** Moves `since` on. A date in the future, which anybody may write, must not blind the feed to what comes before it. */
export function saw(cursor: FeedCursor, updatedAt: string | null | undefined, now: number): void {
  const at = Date.parse(updatedAt ?? '');
  if (at > Date.parse(cursor.since ?? '') && at <= now + MARGIN_MS) cursor.since = new Date(at).toISOString();
}

/** Reading the task has shown a completion that the list has not brought yet. */
export function noteUnlisted(cursor: FeedCursor, uid: string, transition: string, now: number): void {
  if (cursor.unlisted[uid]?.transition === transition) return;
  if (Object.keys(cursor.unlisted).length < UNLISTED) cursor.unlisted[uid] = { transition, since: now };
}

/** Whether it is to be passed on: for the first time, or because a process still awaits it that was told long ago. */
export function isToTell({ delivered, round }: FeedCursor, transition: string): boolean {
  const told = delivered[transition];
  return told === undefined || round - lastOf(told) >= gapAfter(told);
}

export function noteTold(cursor: FeedCursor, transition: string): void {
  const before = cursor.delivered[transition];
  cursor.delivered[transition] = before === undefined ? cursor.round : [cursor.round, timesOf(before) + 1];
}

/** Completions, by their task, that the list has had time enough to bring. */
export function longUnlisted(cursor: FeedCursor, now: number, patienceMs: number): [uid: string, transition: string][] {
  return Object.entries(cursor.unlisted)
    .filter(([, { since }]) => now - since >= patienceMs)
    .map(([uid, { transition }]) => [uid, transition]);
}

function climb(cursor: FeedCursor): void {
  if (!cursor.list) {
    // What changed while the list was not asked is known from reading the tasks.
    cursor.since = new Date(Date.parse(cursor.since ?? '') - MARGIN_MS).toISOString();
    Object.assign(cursor, { list: true, cycled: false, behind: false, place: undefined, counted: 0 });
  }
  cursor.reading = 'bulk';
  delete cursor.retryAt;
  delete cursor.why;
}

/** Kept beyond its gap, so that telling it again counts as that. */
function prune({ delivered, round }: FeedCursor): Record<string, Told> {
  const kept = Object.entries(delivered).filter(([, told]) => round - lastOf(told) < 2 * gapAfter(told));
  return Object.fromEntries(kept.toSorted(([, a], [, b]) => lastOf(a) - lastOf(b)).slice(-DELIVERED));
}

const lastOf = (told: Told): number => (typeof told === 'number' ? told : told[0]);
const timesOf = (told: Told): number => (typeof told === 'number' ? 1 : told[1]);
const gapAfter = (told: Told): number =>
  Math.min(AGAIN_AFTER_ROUNDS * 2 ** (timesOf(told) - 1), AGAIN_AT_THE_LATEST_ROUNDS);
