import type { FragmentClient, TaskApi, TaskFilter } from '../../fragment/client.js';
import { errorFor } from '../../fragment/errors.js';
import type { Account, BatchItem, Task, TaskPage, TaskQuery, TaskWrite } from '../../fragment/schema.js';
import { Counter, Limiter } from '../../sandbox/limiter.js';
import type { VirtualTime } from './virtual-time.js';

export interface SimulatedFragmentOptions {
  time: VirtualTime;
  answerMs: number;
  requestsPerMinute: number;
  /** Told of every request. */
  requested: (endpoint: string) => void;
  /** Told of a task that people can begin. */
  opened: (task: Task) => void;
}

/** As much of Fragment as the gateway and the change feed use, with the sandbox's limiter, in simulated time. */
export class SimulatedFragment implements TaskApi, Pick<FragmentClient, 'listTasks'> {
  open = 0;
  readonly counter: Counter;
  private readonly tasks = new Map<string, Task>();
  /** In the order in which they were done: one that is open again stands here for nothing. */
  private readonly done: { uid: string; at: number }[] = [];
  private readonly limiter: Limiter;

  constructor(private readonly options: SimulatedFragmentOptions) {
    const now = () => options.time.now();
    this.counter = new Counter(now);
    this.limiter = new Limiter(now);
  }

  putTask = (uid: string, body: TaskWrite): Promise<Task> => this.one('PUT /tasks/:uid', { ...body, uid });
  patchTask = (uid: string, body: TaskWrite): Promise<Task> => this.one('PATCH /tasks/:uid', { ...body, uid });
  putTasks = (items: BatchItem[]): Promise<Task[]> => this.many('PUT /tasks/batch', items);
  patchTasks = (items: BatchItem[]): Promise<Task[]> => this.many('PATCH /tasks/batch', items);

  async getTask(uid: string): Promise<Task> {
    await this.answering('GET /tasks/:uid');
    const task = this.tasks.get(uid);
    if (!task) throw errorFor('GET /tasks/:uid', 404, 'no such task');
    return task;
  }

  async queryTasks({ condition }: TaskQuery): Promise<TaskPage> {
    await this.answering('POST /tasks/query');
    const uids = (condition?.conditions ?? []).map(({ value }) => String(value));
    return { items: uids.flatMap((uid) => this.tasks.get(uid) ?? []) };
  }

  /** Those that were done since a moment, the oldest first: what the change feed asks for. */
  async listTasks(filter: TaskFilter, cursor?: string): Promise<TaskPage> {
    await this.answering('GET /tasks');
    const limit = Number(filter.limit);
    const start = cursor === undefined ? this.firstSince(Date.parse(String(filter.updated_at_after))) : Number(cursor);
    const items: Task[] = [];
    let place = start;
    for (; place < this.done.length && items.length < limit; place += 1) {
      const { uid, at } = this.done[place] as { uid: string; at: number };
      const task = this.tasks.get(uid) as Task;
      if (task.status === 'DONE' && Date.parse(task.updated_at as string) === at) items.push(task);
    }
    return { items, ...(place < this.done.length ? { nextCursor: String(place) } : {}) };
  }

  async accountsMe(): Promise<{ account: Account }> {
    await this.answering('GET /accounts/me');
    return { account: {} };
  }

  /** By a person, in Fragment's own app: that costs no request. */
  finish(uid: string): void {
    this.apply({ uid, status: 'DONE' });
  }

  doneAt(uid: string): number {
    return Date.parse(this.tasks.get(uid)?.updated_at as string);
  }

  private async one(endpoint: string, item: BatchItem): Promise<Task> {
    await this.answering(endpoint);
    return this.apply(item);
  }

  private async many(endpoint: string, items: readonly BatchItem[]): Promise<Task[]> {
    await this.answering(endpoint);
    return items.map((item) => this.apply(item));
  }

  private async answering(endpoint: string): Promise<void> {
    const { time, answerMs, requestsPerMinute, requested } = this.options;
    const [method = '', path = ''] = endpoint.split(' ');
    this.counter.request(method, path);
    requested(endpoint);
    if (this.limiter.take(requestsPerMinute) > 0) {
      this.counter.s429 += 1;
      throw errorFor(endpoint, 429, 'too many requests');
    }
    await time.sleep(answerMs);
  }

  private apply(item: BatchItem): Task {
    const before = this.tasks.get(item.uid);
    const at = this.options.time.date();
    const task: Task = { status: 'TODO', ...before, ...item, updated_at: new Date(at).toISOString() };
    this.tasks.set(item.uid, task);
    const [wasOpen, isOpen] = [before !== undefined && before.status !== 'DONE', task.status !== 'DONE'];
    this.open += Number(isOpen) - Number(wasOpen);
    if (isOpen && !wasOpen) this.options.opened(task);
    if (!isOpen) this.done.push({ uid: item.uid, at: Date.parse(task.updated_at as string) });
    return task;
  }

  private firstSince(date: number): number {
    let [low, high] = [0, this.done.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.done[middle] as { at: number }).at < date) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
