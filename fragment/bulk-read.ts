import type { TaskApi } from './client.js';
import { FragmentRejectedError, isCrash, type FragmentError } from './errors.js';
import type { Task } from './schema.js';
import { taskUid } from './uid.js';

/** Sends one request when the budget allows it; an abort takes it back while it waits. */
export type Request = <T>(send: () => Promise<T>, options: { signal?: AbortSignal }) => Promise<T>;

type Way = 'query' | 'empty-patch' | 'one-by-one';

/** Told of a task whose own read is refused otherwise than by a 404, or gets a 500: it may well exist. */
export type Unreadable = (uid: string, error: FragmentError) => void;

/** One call of the reader. */
interface Reading {
  signal?: AbortSignal;
  unreadable: Unreadable;
}

/** A refused request is tried once with so few items: a server that refuses these refuses the way, not the number. */
const PROBE = 10;
/** Below that, an unknown uid is looked for one by one: halving down to each costs two requests where many are unknown. */
const FEW = 8;

/** No task of ours: always the same, so that a server that makes one of it makes one, not one each time. */
export const NOBODY = taskUid('flows#bulk-read#no-such-task');
const MADE_BY_MISTAKE = 'Not a task: a look at whether an update creates what is missing';

/**
 * Reads many tasks by uid, by the cheapest way that the server honours:
 *
 * 1. POST /tasks/query with an `or` of `uid ==` conditions: one request for up to `maxBatch` tasks;
 * 2. PATCH /tasks/batch whose items hold nothing but their uid, which answers with whole tasks (deduced from the
 *    reference, not stated by it). Not where it creates what is missing, which one uid that no task has tells first;
 * 3. GET /tasks/{uid}, one request each.
 *
 * A way is given up, until `tryAgain`, when the server refuses it, or answers with tasks nobody asked for. How many tasks
 * fit into one request is learnt downwards.
 */
export class BulkReader {
  private way: Way = 'query';
  private items: number;
  /** A PATCH of a uid that no task has was seen to create nothing. */
  private patchOnlyReads = false;

  constructor(
    private readonly client: TaskApi,
    private readonly request: Request,
    private readonly maxBatch: number,
  ) {
    this.items = maxBatch;
  }

  get currentWay(): Way {
    return this.way;
  }

  /** Tasks that one request reads, as far as is known. */
  get size(): number {
    return this.way === 'one-by-one' ? 1 : this.items;
  }

  /**
   * The tasks that exist, in no particular order. A uid that is missing in the answer was not found.
   *
   * @throws FragmentRejectedError or FragmentUnavailableError, unless `unreadable` is told instead, when the read of a single
   * task is refused otherwise than by a 404, or gets a 500.
   */
  async read(uids: readonly string[], signal?: AbortSignal, unreadable: Unreadable = thrown): Promise<Task[]> {
    const reading: Reading = { signal, unreadable };
    return (await this.inBulk(uids, reading)) ?? this.oneByOne(uids, reading);
  }

  /**
   * Undefined where the server lets nobody read in bulk: thousands of single requests are no substitute. A uid that is
   * missing in the answer is a suspect, no more: its task was not found, or its own read was refused.
   */
  async readInBulk(uids: readonly string[], signal?: AbortSignal): Promise<Task[] | undefined> {
    return this.inBulk(uids, { signal, unreadable: () => undefined });
  }

  /** Servers change: what was refused before is asked for once more. */
  tryAgain(): void {
    this.way = 'query';
    this.items = this.maxBatch;
    this.patchOnlyReads = false;
  }

  private async inBulk(uids: readonly string[], reading: Reading): Promise<Task[] | undefined> {
    const found = new Map<string, Task>();
    for (let start = 0; start < uids.length;) {
      const chunk = uids.slice(start, start + this.items);
      const tasks = await this.chunk(chunk, reading);
      if (!tasks) return undefined;
      for (const task of tasks) found.set(task.uid, task);
      start += chunk.length;
    }
    return [...found.values()];
  }

  private async chunk(uids: readonly string[], reading: Reading): Promise<Task[] | undefined> {
    const { way } = this;
    if (way === 'one-by-one') return undefined;
    // Costs the same, and comes from the task itself: lists and queries may be behind.
    if (uids.length === 1) return this.oneByOne(uids, reading);
    try {
      const tasks = way === 'query' ? await this.query(uids, reading) : await this.emptyPatch(uids, reading);
      if (tasks) return tasks;
    } catch (error) {
      if (!(error instanceof FragmentRejectedError)) throw error;
      // One unknown uid may refuse the whole batch, which says nothing of the way.
      if (way === 'empty-patch' && error.status === 404) {
        return uids.length < FEW ? this.oneByOne(uids, reading) : this.parts(uids, Math.ceil(uids.length / 2), reading);
      }
      if (uids.length > PROBE) return this.smaller(uids, reading);
    }
    this.giveUp(way);
    return this.chunk(uids, reading);
  }

  /** Refused for their number, or for the way: a few of them tell. */
  private async smaller(uids: readonly string[], reading: Reading): Promise<Task[] | undefined> {
    const { way } = this;
    const few = await this.chunk(uids.slice(0, PROBE), reading);
    if (!few) return undefined;
    if (this.way === way) this.items = Math.min(this.items, Math.ceil(uids.length / 2));
    const rest = await this.parts(uids.slice(PROBE), this.items, reading);
    return rest && [...few, ...rest];
  }

  private async parts(uids: readonly string[], size: number, reading: Reading): Promise<Task[] | undefined> {
    const tasks: Task[] = [];
    for (let start = 0; start < uids.length; start += size) {
      const part = await this.chunk(uids.slice(start, start + size), reading);
      if (!part) return undefined;
      tasks.push(...part);
    }
    return tasks;
  }

  private giveUp(way: Way): void {
    if (this.way !== way) return;
    this.way = way === 'query' ? 'empty-patch' : 'one-by-one';
    this.items = this.maxBatch;
  }

  /** `before`: how many tasks the answer before this one brought, to the same question. */
  private async query(uids: readonly string[], reading: Reading, before = 0): Promise<Task[] | undefined> {
    const conditions = uids.map((uid) => ({ field: 'uid', operator: '==', value: uid }));
    const query = { condition: { combinator: 'or' as const, conditions }, limit: uids.length };
    const { items, nextCursor } = await this.request(() => this.client.queryTasks(query), reading);
    if (!only(uids, items)) return undefined;
    const found = new Set(items.map((task) => task.uid));
    const missing = uids.filter((uid) => !found.has(uid));
    if (missing.length === 0 || items.length === 0) return items;
    // A server with a smaller limit of its own answers with fewer: go on while each answer brings some.
    const more = await this.query(missing, reading, items.length);
    // One that is behind does so, too, once: that is no limit.
    const limited = nextCursor !== undefined || items.length === before;
    if (limited && more && more.length > 0) this.items = Math.min(this.items, items.length);
    return more && [...items, ...more];
  }

  private async emptyPatch(uids: readonly string[], reading: Reading): Promise<Task[] | undefined> {
    if (!this.patchOnlyReads) this.patchOnlyReads = !(await this.patchCreates(reading));
    if (!this.patchOnlyReads) return undefined;
    const items = await this.request(() => this.client.patchTasks(uids.map((uid) => ({ uid }))), reading);
    if (!only(uids, items)) return undefined;
    // All of them may be gone, or the server answers nothing to this: one of them tells.
    const unanswered = items.length === 0 && (await this.oneByOne(uids.slice(0, 1), reading)).length > 0;
    return unanswered ? undefined : items;
  }

  /** Each uid that is gone would become a task without content, in front of people. */
  private async patchCreates(reading: Reading): Promise<boolean> {
    const answered = await this.unlessRefused(() => this.client.patchTasks([{ uid: NOBODY }]), reading);
    const made = answered?.find(({ uid }) => uid === NOBODY);
    if (!made) return false;
    this.giveUp('empty-patch');
    const closed = { status: 'DONE', fields: { title: MADE_BY_MISTAKE } } as const;
    if (made.status !== 'DONE') await this.unlessRefused(() => this.client.patchTask(NOBODY, closed), reading);
    return true;
  }

  private async unlessRefused<T>(send: () => Promise<T>, reading: Reading): Promise<T | undefined> {
    try {
      return await this.request(send, reading);
    } catch (error) {
      if (!(error instanceof FragmentRejectedError)) throw error;
      return undefined;
    }
  }

  private async oneByOne(uids: readonly string[], reading: Reading): Promise<Task[]> {
    const tasks: Task[] = [];
    for (const uid of uids) {
      try {
        tasks.push(await this.request(() => this.client.getTask(uid), reading));
      } catch (error) {
        if (!(error instanceof FragmentRejectedError || isCrash(error))) throw error;
        if (error.status !== 404) reading.unreadable(uid, error);
      }
    }
    return tasks;
  }
}

const thrown: Unreadable = (_, error) => {
  throw error;
};

function only(uids: readonly string[], tasks: Task[]): boolean {
  const asked = new Set(uids);
  return tasks.every((task) => asked.has(task.uid));
}
