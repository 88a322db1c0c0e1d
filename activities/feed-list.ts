import type { Request } from '../fragment/bulk-read.js';
import type { FragmentClient } from '../fragment/client.js';
import type { Task } from '../fragment/schema.js';
import { TaskList, type Listed } from './feed-pages.js';

/** A list may lag behind its tasks, and changes of one moment may appear one after the other. */
const OVERLAP_MS = 10_000;
/** Servers cut fractions of a second off. */
const GRACE_MS = 1_000;
/** A round's worth. What is left is read by the next, where the order lets it. */
const MAX_PAGES = 10;

/**
 * The first way: tasks completed since a moment, by GET /tasks with `updated_at_after`. One request, however many tasks
 * are open.
 */
export class CompletedList {
  private readonly list: TaskList;

  constructor(client: Pick<FragmentClient, 'listTasks'>, request: Request) {
    // A status keeps the creations of our own writes out; a server that ignores it only costs more pages.
    this.list = new TaskList(client, request, { limit: 100, status: 'DONE', order_by: 'updated_at' });
  }

  /**
   * Refused where the answer shows that what is not on it may have been completed all the same. Incomplete, it is the
   * oldest part; the next is asked for with `behind`.
   */
  async since(since: string, { behind, signal }: { behind?: boolean; signal?: AbortSignal } = {}): Promise<Listed> {
    const from = Date.parse(since) - (behind ? 0 : OVERLAP_MS);
    const older = (task: Task) => !(Date.parse(task.updated_at ?? '') >= from - GRACE_MS);
    const listed = await this.list.read({
      filter: { updated_at_after: new Date(from).toISOString() },
      objection: (page) => (page.some(older) ? 'Fragment ignores the updated_at filter of its list' : undefined),
      maxPages: MAX_PAGES,
      signal,
    });
    if ('refused' in listed) return listed;
    // Newest first, the cursor may not move on past what is left unread.
    if (!listed.complete && !ascending(listed.tasks)) {
      return { refused: `more than ${MAX_PAGES} pages changed, and Fragment does not list the oldest first` };
    }
    return listed;
  }
}

function ascending(tasks: Task[]): boolean {
  const moments = tasks.map((task) => Date.parse(task.updated_at ?? ''));
  return moments.every((moment, at) => at === 0 || moment >= (moments[at - 1] as number));
}
