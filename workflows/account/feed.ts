import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { FeedActivities, FeedCursor, FeedWay } from '../../activities/feed.js';
import { fragmentQueue } from '../tasks/contract.js';

export interface FeedInput {
  /** Absent: the default account. */
  account?: string;
  cursor?: FeedCursor;
  idleRounds?: number;
}

export interface FeedStatus {
  way: FeedWay;
  rounds: number;
  awaited?: number;
  intervalMs: number;
}

export const FEED_WORKFLOW = 'taskFeed';
export const FEED_WORKFLOW_ID = 'task-feed';
export const feedWorkflowId = (account?: string): string =>
  account ? `${FEED_WORKFLOW_ID}-${account}` : FEED_WORKFLOW_ID;
/** Something has happened in Fragment: look now, do not wait for the interval. */
export const pokeFeedSignal = defineSignal('poke');
export const feedStatusQuery = defineQuery<FeedStatus>('status');

/** A third of 60 requests a minute goes to reading, at one request a round; the rest is left to the writes. */
const BUSY_MS = 3_000;
const IDLE_MS = 15_000;
/** Quiet rounds before the feed begins to slow down: people often finish several tasks in a row. */
const PATIENCE = 10;

/** The account's change feed: reads what changed since its cursor and signals the processes concerned, for ever. */
export async function taskFeed({ account, cursor: from, idleRounds = 0 }: FeedInput = {}): Promise<never> {
  const { readChanges } = proxyActivities<FeedActivities>({
    taskQueue: fragmentQueue(account),
    startToCloseTimeout: '10 minutes',
    // One activity, so it may beat often: people should not wait long for a gateway that died while it read.
    heartbeatTimeout: '10 seconds',
    retry: { initialInterval: '2 seconds', maximumInterval: '30 seconds' },
  });
  let cursor: FeedCursor = from ?? { way: 'list', recent: [], unlisted: {}, round: 0 };
  let poked = false;
  let awaited: number | undefined;
  let intervalMs = BUSY_MS;
  let idle = idleRounds;
  setHandler(pokeFeedSignal, () => void (poked = true));
  setHandler(feedStatusQuery, () => ({ way: cursor.way, rounds: cursor.round, awaited, intervalMs }));

  while (!workflowInfo().continueAsNewSuggested) {
    poked = false;
    const round = await readChanges.executeWithOptions({ summary: `read changes (${cursor.way})` }, [cursor]);
    cursor = round.cursor;
    awaited = round.awaited ?? awaited;
    idle = round.changed > 0 ? 0 : idle + 1;
    // The more requests a round costs, the rarer it is, so that reading keeps to its share.
    const busyMs = BUSY_MS * Math.max(1, round.requests);
    intervalMs = idle < PATIENCE ? busyMs : Math.min(Math.max(IDLE_MS, busyMs), busyMs * 1.3 ** (idle - PATIENCE));
    await condition(() => poked, Math.round(intervalMs), { summary: 'until the next look' });
  }
  await condition(allHandlersFinished);
  // A poke that arrived in the meantime is answered by the new run's first round, which begins at once.
  return continueAsNew<typeof taskFeed>({ account, cursor, idleRounds: idle });
}
