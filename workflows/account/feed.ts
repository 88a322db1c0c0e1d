import {
  allHandlersFinished,
  condition,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { FeedActivities, FeedRound } from '../../activities/feed.js';
import type { FeedCursor } from '../../activities/feed-cursor.js';
import { fragmentQueue } from '../tasks/contract.js';
import { MAX_HINTS, feedStatusQuery, pokeFeedSignal, type FeedStatus } from './contract.js';
import { continueOnCurrent, isOutdated } from './current-version.js';
import { hintsOf } from './guards.js';
import { feedDetails } from './feed-details.js';
import { REQUESTS_A_ROUND, expectedDelay, intervalMs, quietAfter, spacingMs } from './feed-pace.js';

/** What one run hands to the next. */
export interface FeedInput {
  /** Absent: the default account. */
  account?: string;
  cursor?: FeedCursor;
  quietRounds?: number;
  awaited?: number;
  delivered?: number;
  unknownHints?: number;
  hints?: string[];
}

/** Events. A history is replayed whenever a worker takes the feed over, and pokes must not fill it: an hour is plenty. */
const LONG_HISTORY = 1_000;
/** Rounds in a row that a webhook may keep short. Then one in full: what nobody hints at must not wait for quiet. */
const SHORT_IN_A_ROW = 4;

/** The account's change feed: reads what changed since its cursor and signals the processes concerned, for ever. */
export async function taskFeed(input: FeedInput = {}): Promise<never> {
  const { account } = input;
  const { readChanges } = proxyActivities<FeedActivities>({
    taskQueue: fragmentQueue(account),
    // A round is some requests, and may wait through a pause of minutes after a 429; a dead worker's is repeated sooner.
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '30 seconds',
    retry: { initialInterval: '2 seconds', maximumInterval: '30 seconds' },
  });
  let { cursor, quietRounds = 0, awaited, delivered = 0, unknownHints = 0 } = input;
  let hints = new Set(input.hints);
  let poked = hints.size > 0;
  let last: FeedRound | undefined;
  let interval = 0;
  let short = 0;
  setHandler(pokeFeedSignal, (poke) => {
    poked = true;
    for (const uid of hintsOf(poke)) if (hints.size < MAX_HINTS) hints.add(uid);
  });
  setHandler(feedStatusQuery, status);

  while (!workflowInfo().continueAsNewSuggested && workflowInfo().historyLength < LONG_HISTORY && !isOutdated()) {
    const named = [...hints];
    const wasPoked = poked;
    short = named.length > 0 && short < SHORT_IN_A_ROW ? short + 1 : 0;
    poked = false;
    hints = new Set();
    const began = Date.now();
    last = await readChanges.executeWithOptions({ summary: `read changes${last ? ` (${last.way})` : ''}` }, [
      { cursor, requests: short > 0 ? 1 : REQUESTS_A_ROUND, hints: named },
    ]);
    cursor = last.cursor;
    awaited = last.awaited ?? awaited;
    delivered += last.delivered;
    unknownHints += last.unknownHints;
    quietRounds = quietAfter(quietRounds, { delivered: last.delivered, poked: wasPoked });
    interval = Math.round(intervalMs(last, quietRounds));
    setCurrentDetails(feedDetails(status(), began, account));
    // From the round's beginning: one that took its time, with thousands to tell or a budget that others use, has paused.
    const until = (ms: number) => began + ms - Date.now();
    if (until(interval) > 0) {
      await condition(() => poked, until(interval), { summary: 'until the next look' });
    }
    // However many pokes come, a look is one request's share of time from the last; writes go before it where they wait.
    const rest = until(Math.min(interval, spacingMs(last.requestsPerMinute)));
    if (rest > 0) await sleep(rest, { summary: 'poked, a moment after the last look' });
  }
  await condition(allHandlersFinished);
  // A poke that nobody has acted on yet is acted on by the new run's first round, which begins at once.
  return continueOnCurrent<typeof taskFeed>({
    account,
    cursor,
    quietRounds,
    awaited,
    delivered,
    unknownHints,
    hints: [...hints],
  });

  function status(): FeedStatus {
    const way = last?.way ?? (cursor && !cursor.list ? cursor.reading : 'list');
    const requestsPerMinute = last?.requestsPerMinute ?? 60;
    return {
      way,
      why: cursor?.why,
      retryAt: cursor?.retryAt === undefined ? undefined : new Date(cursor.retryAt).toISOString(),
      rounds: cursor?.round ?? 0,
      awaited,
      delivered,
      unknownHints,
      requestsLastRound: last?.requests ?? 0,
      requestsPerMinute: Math.round(requestsPerMinute),
      intervalMs: interval,
      expectedDelayMs: expectedDelay(way, awaited ?? 0, requestsPerMinute, last?.batch),
    };
  }
}
