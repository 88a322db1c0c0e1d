import type { FeedWay } from '../../activities/feed-cursor.js';

/** Of the account's requests, at most; the rest is left to the writes. */
const READ_SHARE = 1 / 3;
/** Quiet rounds before the feed begins to slow down: people often finish several tasks in a row. */
const PATIENCE = 10;
const LOOK_AGAIN = 3;
/** A quiet feed asks a fifth as often. */
const IDLE_FACTOR = 5;
/** What a round spends on awaited tasks, so that it is soon over and its signals go out; the next goes on. */
export const REQUESTS_A_ROUND = 10;
/** Tasks that a sweep found closed and a round reads singly. */
const SUSPECTS = 5;

/** Looks that follow each other sooner gain nobody anything, and each costs Temporal half a dozen events. */
const LEAST_SPACING_MS = 500;

/** From one request to the next that keeps reading within its share, in ms: 3 s at 60 requests a minute. */
export function spacingMs(requestsPerMinute: number): number {
  return Math.max(LEAST_SPACING_MS, 60_000 / (Math.max(1, requestsPerMinute) * READ_SHARE));
}

/** Rounds in a row that found nothing. After a poke whose completion is not to be seen yet, three more are as quick. */
export function quietAfter(quietRounds: number, { delivered, poked }: { delivered: number; poked: boolean }): number {
  if (delivered > 0) return 0;
  return poked ? Math.min(quietRounds + 1, PATIENCE - LOOK_AGAIN) : quietRounds + 1;
}

/** From one round's beginning to the next's: the more requests it has cost the longer, and longer while nothing happens. */
export function intervalMs(round: { requests: number; requestsPerMinute: number }, quietRounds: number): number {
  const spacing = spacingMs(round.requestsPerMinute);
  const busy = spacing * Math.max(1, round.requests);
  return Math.max(busy, Math.min(spacing * IDLE_FACTOR, busy * 1.3 ** (quietRounds - PATIENCE)));
}

/**
 * From a completion in Fragment to the signal, in ms, at most, while nothing had happened before; `batch`: tasks that one
 * request reads. A pause after a failure, and what Fragment's lists are behind, come on top.
 */
export function expectedDelay(way: FeedWay, openTasks: number, requestsPerMinute: number, batch = 100): number {
  const spacing = spacingMs(requestsPerMinute);
  const requests = {
    list: 1,
    bulk: Math.ceil(openTasks / batch),
    sweep: Math.ceil(openTasks / batch) + 1 + SUSPECTS,
    single: openTasks,
  };
  return Math.round(Math.max(spacing * IDLE_FACTOR, spacing * requests[way]));
}
