import type { FeedWay } from '../../activities/feed-cursor.js';
import type { BehaviourInput } from '../../sandbox/behaviour.js';

/** Servers on which one way after the other is the best that works. */
export const ONLY: Record<FeedWay, BehaviourInput> = {
  list: {},
  bulk: { listFilters: 'reject' },
  sweep: { listFilters: 'status-only', query: 'refuse', patchUidOnly: '422' },
  single: { listFilters: 'reject', query: 'refuse', patchUidOnly: '422' },
};
