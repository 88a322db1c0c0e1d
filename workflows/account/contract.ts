/** Every name and type by which the outside speaks with an account's change feed; without a name, the default account's. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { FeedWay } from '../../activities/feed-cursor.js';

export const FEED_WORKFLOW = 'taskFeed';
export const FEED_WORKFLOW_ID = 'task-feed';
export const feedWorkflowId = (account?: string): string =>
  account ? `${FEED_WORKFLOW_ID}-${account}` : FEED_WORKFLOW_ID;

/** Something has happened in Fragment: look now, do not wait for the interval. */
export interface Poke {
  /** The tasks it is about, where that is known: these are looked at first. */
  uids?: string[];
}

export interface FeedStatus {
  way: FeedWay;
  /** Why a better way is not used. */
  why?: string;
  /** ISO 8601: when the better ways are tried again. */
  retryAt?: string;
  rounds: number;
  /** Tasks that processes wait for, as counted when the end of Temporal's list was reached last; while that goes on, at least so many. */
  awaited?: number;
  /** Told to processes since the feed began. */
  delivered: number;
  /** Webhooks' hints that named a task nobody awaits, since the feed began. */
  unknownHints: number;
  requestsLastRound: number;
  /** What the account's budget allows at present. */
  requestsPerMinute: number;
  /** From the beginning of a round to that of the next, unless it takes longer. */
  intervalMs: number;
  /** From a completion to its signal, at most, while Fragment answers. */
  expectedDelayMs: number;
}

/** Hints that a poke, and a round, may carry. What else happened is found by the round itself. */
export const MAX_HINTS = 100;

export const pokeFeedSignal = defineSignal<[Poke?]>('poke');
export const feedStatusQuery = defineQuery<FeedStatus>('status');
