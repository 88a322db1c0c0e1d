import { isGrpcServiceError } from '@temporalio/client';
import type { FeedCursor } from './feed-cursor.js';

/** What processes wait for, as Temporal lists it: uid -> workflow id. */
export interface AwaitedTasks {
  /** About as many as `count`, after a place in the list; `next` is absent where the list ends. */
  awaitedAfter(place: string | undefined, count: number): Promise<{ tasks: Map<string, string>; next?: string }>;
  /** Those of these uids. */
  awaitedAmong(uids: readonly string[]): Promise<Map<string, string>>;
  awaitedTasks(): Promise<Map<string, string>>;
}

/** gRPC's CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and UNAVAILABLE: they say nothing of what was asked. */
const PASSING = [1, 4, 8, 14];

export interface Turn {
  tasks: ReadonlyMap<string, string>;
  /** They have been looked at: the next turn begins behind them. A turn that failed is taken again. */
  over(): void;
}

/**
 * The awaited tasks whose turn it is. Listing all processes for each look would cost Temporal more the more there are, so a
 * look goes on where the last one ended, page by page, and at the end of the list begins again.
 */
export async function takeTurn(awaited: AwaitedTasks, cursor: FeedCursor, count: number): Promise<Turn> {
  if (count <= 0) return { tasks: new Map(), over: () => undefined };
  const { tasks, next } = await pageFrom(awaited, cursor, count);
  return {
    tasks,
    over() {
      cursor.place = next;
      cursor.counted = (cursor.counted ?? 0) + tasks.size;
      if (next === undefined) endCycle(cursor);
    },
  };
}

async function pageFrom(awaited: AwaitedTasks, cursor: FeedCursor, count: number) {
  if (cursor.place !== undefined) {
    try {
      const page = await awaited.awaitedAfter(cursor.place, count);
      if (page.tasks.size > 0 || page.next !== undefined) return page;
      // The last page of a list may be empty.
      endCycle(cursor);
    } catch (error) {
      // Another server, or another store behind it, does not know the place: server 1.32 answers UNKNOWN. From the front, then.
      if (!isGrpcServiceError(error) || PASSING.includes(error.code)) throw error;
      Object.assign(cursor, { place: undefined, counted: 0 });
    }
  }
  return awaited.awaitedAfter(undefined, count);
}

function endCycle(cursor: FeedCursor): void {
  cursor.cycled = true;
  cursor.awaited = cursor.counted ?? 0;
  cursor.counted = 0;
  delete cursor.place;
}
