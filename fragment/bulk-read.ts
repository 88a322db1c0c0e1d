import type { TaskApi } from './client.js';
import { FragmentRejectedError } from './errors.js';
import type { Task } from './schema.js';

/** Sends one request when the budget allows it; an abort takes it back while it waits. */
export type Request = <T>(send: () => Promise<T>, options: { signal?: AbortSignal }) => Promise<T>;

type Way = 'query' | 'empty-patch' | 'one-by-one';

/**
 * Reads many tasks by uid, by the cheapest way that the server honours:
 *
 * 1. POST /tasks/query with an `or` of `uid ==` conditions: one request for up to `maxBatch` tasks;
 * 2. PATCH /tasks/batch whose items hold nothing but their uid, which answers with whole tasks (deduced from the
 *    reference, not stated by it);
 * 3. GET /tasks/{uid}, one request each.
 *
 * A way is given up for the life of the process when the server refuses it, or answers with tasks nobody asked for.
 */
export class BulkReader {
  private way: Way = 'query';

  constructor(
    private readonly client: TaskApi,
    private readonly request: Request,
    private readonly maxBatch: number,
  ) {}

  get currentWay(): Way {
    return this.way;
  }

  /** The tasks that exist, in no particular order. A uid that is missing in the answer was not found. */
  async read(uids: readonly string[], signal?: AbortSignal): Promise<Task[]> {
    const found = new Map<string, Task>();
    for (let start = 0; start < uids.length; start += this.maxBatch) {
      for (const task of await this.chunk(uids.slice(start, start + this.maxBatch), signal)) found.set(task.uid, task);
    }
    return [...found.values()];
  }

  private async chunk(uids: readonly string[], signal?: AbortSignal): Promise<Task[]> {
    if (uids.length === 1 || this.way === 'one-by-one') return this.oneByOne(uids, signal);
    const way = this.way;
    try {
      const tasks = way === 'query' ? await this.query(uids, signal) : await this.emptyPatch(uids, signal);
      if (tasks) return tasks;
    } catch (error) {
      if (!(error instanceof FragmentRejectedError)) throw error;
      // An unknown uid may refuse a whole batch: that says nothing of the way, so only this chunk is read one by one.
      if (way === 'empty-patch' && error.status === 404) return this.oneByOne(uids, signal);
    }
    if (this.way === way) this.way = way === 'query' ? 'empty-patch' : 'one-by-one';
    return this.chunk(uids, signal);
  }

  private async query(uids: readonly string[], signal?: AbortSignal): Promise<Task[] | undefined> {
    const conditions = uids.map((uid) => ({ field: 'uid', operator: '==', value: uid }));
    const query = { condition: { combinator: 'or' as const, conditions }, limit: uids.length };
    const { items } = await this.request(() => this.client.queryTasks(query), { signal });
    if (!only(uids, items)) return undefined;
    const found = new Set(items.map((task) => task.uid));
    const missing = uids.filter((uid) => !found.has(uid));
    // A server with a smaller limit of its own answers with fewer: go on while each answer brings some.
    if (missing.length === 0 || items.length === 0) return items;
    return [...items, ...(await this.chunk(missing, signal))];
  }

  private async emptyPatch(uids: readonly string[], signal?: AbortSignal): Promise<Task[] | undefined> {
    const items = await this.request(() => this.client.patchTasks(uids.map((uid) => ({ uid }))), { signal });
    return only(uids, items) && items.length > 0 ? items : undefined;
  }

  private async oneByOne(uids: readonly string[], signal?: AbortSignal): Promise<Task[]> {
    const tasks: Task[] = [];
    for (const uid of uids) {
      try {
        tasks.push(await this.request(() => this.client.getTask(uid), { signal }));
      } catch (error) {
        if (!(error instanceof FragmentRejectedError)) throw error;
      }
    }
    return tasks;
  }
}

function only(uids: readonly string[], tasks: Task[]): boolean {
  const asked = new Set(uids);
  return tasks.every((task) => asked.has(task.uid));
}
