import type { DriftClass } from '../../activities/drift.js';

/** Tasks in a bulk read, a batch or a page of the list: the largest of which Fragment is known to bear. */
export const TOGETHER = 100;
/** Two bulk reads' worth of awaited tasks. */
export const PROCESSES_A_PAGE = 200;

export interface Extent {
  /** Bulk reads of awaited tasks. */
  reads: number;
  /** Tasks on the pages of the list. */
  listed: number;
  /** Lists read to their ends: one for TODO and one for STARTED, where Fragment filters by status. */
  lists: number;
  found: Record<DriftClass, number>;
  /** Of those found: tasks to be closed. */
  closings: number;
}

/**
 * Fragment requests that a reconciliation takes at most. Looking: a bulk read for every hundred tasks awaited and a page for
 * every hundred listed, and one read for each task that seems to be missing. Mending: for every hundred suspects a bulk
 * read, a look and a batch; for each closing its comment, which has no batch; for each task that is gone or archived a
 * read, a write and a comment by its process. A bulk read that does not bring all asks once more for what is missing. Its
 * writes share requests with everybody's where requests are scarce.
 */
export function requestsFor({ reads, listed, lists, found, closings }: Extent): { look: number; mend: number } {
  const pages = Math.floor(listed / TOGETHER) + lists;
  const absent = found.missing + found.archived;
  const suspects = Object.values(found).reduce((sum, count) => sum + count, 0) - found.unknown;
  const batches = Math.ceil(suspects / TOGETHER);
  const askedOnceMore = (bulkReads: number) => Math.min(bulkReads, found.missing);
  return {
    look: reads + askedOnceMore(reads) + pages + found.missing,
    mend: 3 * batches + askedOnceMore(batches) + closings + 3 * absent,
  };
}
