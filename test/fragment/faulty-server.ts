/** Fragment in memory on a clock of the test's own, for faults and minutes that real HTTP cannot give in a test. */
import { FragmentAuthError, FragmentRejectedError, FragmentUnavailableError } from '../../fragment/errors.js';
import type { TaskApi } from '../../fragment/client.js';
import type { BatchItem, Task, TaskQuery, TaskWrite } from '../../fragment/schema.js';
import type { VirtualClock } from './virtual-time.js';

export type Fault = 'none' | 'lost-answer' | 'half-then-500' | '500' | '429' | '401' | 'reset';

export interface ServerOptions {
  limit: number;
  /** What happens to the first requests, one by one. */
  faults: readonly Fault[];
  /** Tasks whose content is refused wherever it stands. */
  poisoned: ReadonlySet<string>;
  /** Tasks of which every request that writes gets a 500, and none of it is applied. */
  crashing?: ReadonlySet<string>;
  atomicity: 'all-or-nothing' | 'stop-at-first' | 'best-effort';
  latencyMs: number;
  /** PUT without a status puts an existing task back to TODO. */
  putResetsStatus?: boolean;
  fieldsOnPut?: 'merge' | 'replace';
}

/** A server on which nothing goes wrong. */
export const healthy = (limit: number): ServerOptions => ({
  limit,
  faults: [],
  poisoned: new Set(),
  atomicity: 'all-or-nothing',
  latencyMs: 50,
});

export class FaultyServer implements TaskApi {
  readonly tasks = new Map<string, Task>();
  readonly batches: { uids: string[]; at: number }[] = [];
  readonly arrivals: number[] = [];
  /** Every change of a task, in order: what it held afterwards. */
  readonly changes: Task[] = [];
  /** How often a PUT was applied to each task. */
  readonly puts = new Map<string, number>();
  overLimit = 0;
  private asked = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly options: ServerOptions,
  ) {}

  accountsMe = async () => ({ account: await this.answer(() => ({})) });
  putTask = async (uid: string, body: TaskWrite) => this.single(uid, body, true);
  patchTask = async (uid: string, body: TaskWrite) => this.single(uid, body, false);
  putTasks = async (items: BatchItem[]) => this.batch(items, true);
  patchTasks = async (items: BatchItem[]) => this.batch(items, false);

  async getTask(uid: string): Promise<Task> {
    return this.answer(() => this.found(uid));
  }

  async queryTasks(query: TaskQuery) {
    const uids = JSON.stringify(query).match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
    return this.answer(() => ({ items: uids.flatMap((uid) => this.tasks.get(uid) ?? []), nextCursor: undefined }));
  }

  private async single(uid: string, body: TaskWrite, create: boolean): Promise<Task> {
    this.batches.push({ uids: [uid], at: this.clock.now() });
    return this.answer(() => {
      this.survive([uid]);
      return this.apply({ ...body, uid }, create);
    });
  }

  private async batch(items: BatchItem[], create: boolean): Promise<Task[]> {
    this.batches.push({ uids: items.map(({ uid }) => uid), at: this.clock.now() });
    return this.answer((part) => {
      this.survive(items.map(({ uid }) => uid));
      const bad = items.findIndex((item) => !this.acceptable(item, create));
      const { atomicity } = this.options;
      if (atomicity === 'best-effort') {
        return items
          .slice(0, part(items.length))
          .flatMap((item) => (this.acceptable(item, create) ? this.apply(item, create) : []));
      }
      const applied = bad < 0 ? part(items.length) : atomicity === 'all-or-nothing' ? 0 : bad;
      const done = items.slice(0, applied).map((item) => this.apply(item, create));
      if (bad >= 0) throw new FragmentRejectedError('422', 'batch', 422);
      return done;
    });
  }

  private async answer<T>(work: (part: (n: number) => number) => T): Promise<T> {
    const fault = this.options.faults[this.asked] ?? 'none';
    this.asked += 1;
    const now = this.clock.now();
    this.arrivals.push(now);
    if (this.arrivals.filter((at) => at > now - 60_000).length > this.options.limit) {
      this.overLimit += 1;
      throw new FragmentUnavailableError('429', 'request', 429);
    }
    await this.clock.sleep(this.options.latencyMs);
    if (fault === '429') throw new FragmentUnavailableError('429', 'request', 429);
    if (fault === '401') throw new FragmentAuthError('401', 'request', 401);
    if (fault === '500') throw new FragmentUnavailableError('500', 'request', 500);
    if (fault === 'reset') throw new FragmentUnavailableError('ECONNRESET', 'request');
    const result = work((n) => (fault === 'half-then-500' ? Math.floor(n / 2) : n));
    if (fault === 'lost-answer' || fault === 'half-then-500')
      throw new FragmentUnavailableError('lost', 'request', 500);
    return result;
  }

  private survive(uids: string[]): void {
    if (uids.some((uid) => this.options.crashing?.has(uid))) throw new FragmentUnavailableError('500', 'request', 500);
  }

  private acceptable({ uid }: BatchItem, create: boolean): boolean {
    return !this.options.poisoned.has(uid) && (create || this.tasks.has(uid));
  }

  private apply(item: BatchItem, create: boolean): Task {
    if (this.options.poisoned.has(item.uid)) throw new FragmentRejectedError('422', 'task', 422);
    const before = create ? this.tasks.get(item.uid) : this.found(item.uid);
    if (create) this.puts.set(item.uid, (this.puts.get(item.uid) ?? 0) + 1);
    const { putResetsStatus, fieldsOnPut = 'merge' } = this.options;
    const kept = create && fieldsOnPut === 'replace' ? {} : before?.fields;
    const reset = create && putResetsStatus && before ? { status: 'TODO' } : {};
    return this.store({ status: 'TODO', ...before, ...reset, ...item, fields: { ...kept, ...item.fields } });
  }

  /** What a person does in Fragment: no request, and nothing refuses it. */
  touch(uid: string, change: (task: Task) => Task): void {
    const task = this.tasks.get(uid);
    if (task) this.store(change(task));
  }

  private store(task: Task): Task {
    this.tasks.set(task.uid, task);
    this.changes.push(task);
    return task;
  }

  private found(uid: string): Task {
    const task = this.tasks.get(uid);
    if (!task) throw new FragmentRejectedError('404', 'task', 404);
    return task;
  }
}
