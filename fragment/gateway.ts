import { setTimeout as sleep } from 'node:timers/promises';
import { RequestBudget } from './budget.js';
import { BulkReader } from './bulk-read.js';
import type { FragmentClient } from './client.js';
import { FragmentAuthError, FragmentError, FragmentRejectedError, FragmentUnavailableError } from './errors.js';
import type { Task } from './schema.js';
import { WriteQueue, mustLook, stillNeeded, type WaitingWrite, type Write } from './write-queue.js';

export interface GatewayLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

export interface GatewayOptions {
  client: FragmentClient;
  /** Fragment's published limit is 60. */
  requestsPerMinute: number;
  /** Items in one batch request. Fragment documents no maximum; 100 is the largest anybody is known to use. */
  maxBatch: number;
  log?: GatewayLog;
  /** How long a lone write waits for company. @default 20 */
  lingerMs?: number;
  /** The unit of waiting after a failure; tests make it small. @default 1_000 */
  backoffMs?: number;
}

export interface GatewayStats {
  requests: number;
  writes: number;
  s429: number;
  waiting: number;
}

interface Call {
  since: number;
  send: () => Promise<void>;
  reject: (error: unknown) => void;
}

/**
 * The one funnel to Fragment. Writes that wait are sent together, as many as one batch request holds, whenever the budget
 * allows a request; everything else takes its turn by how long it has waited, so nothing starves.
 *
 * Under failure: a refused batch is halved until the culprit stands alone, and only that write fails. No answer, 429, 5xx
 * and 401/403 fail no write: all sending pauses, then the writes are sent again, after a look at the tasks where
 * repeating could undo what a person did since.
 */
export class Gateway {
  private readonly budget: RequestBudget;
  private readonly reader: BulkReader;
  private readonly queue = new WriteQueue();
  private calls: Call[] = [];
  private pumping = false;
  private closed = false;
  private failures = 0;
  private readonly counted = { requests: 0, writes: 0, s429: 0 };

  constructor(private readonly options: GatewayOptions) {
    this.budget = new RequestBudget(options.requestsPerMinute, performance.now());
    this.reader = new BulkReader(options.client, (send) => this.request(send), options.maxBatch);
  }

  /**
   * Settles when Fragment has acknowledged the write, however long that takes; the task is as Fragment answered.
   * An abort takes the write back while it still waits; once it is on its way, its outcome is waited for.
   *
   * @throws FragmentRejectedError when Fragment refuses this very write.
   */
  write(write: Write, signal?: AbortSignal): Promise<Task> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new FragmentUnavailableError('the gateway is closed', 'write'));
      const waiting: WaitingWrite = { ...write, enqueuedAt: performance.now(), resolve, reject };
      signal?.addEventListener('abort', () => {
        if (this.queue.withdraw(waiting)) reject(signal.reason);
      });
      this.queue.add(waiting);
      this.pump();
    });
  }

  /** Any other single request: sent once, when the budget allows it; its failure is the caller's to retry. */
  request<T>(send: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new FragmentUnavailableError('the gateway is closed', 'request'));
      const attempt = async () => {
        try {
          resolve(await send());
          this.failures = 0;
        } catch (error) {
          this.pauseAfter(error);
          reject(error);
        }
      };
      this.calls.push({ since: performance.now(), send: attempt, reject });
      this.pump();
    });
  }

  /** Reads tasks by uid, as many with one request as the server allows; tasks that do not exist are left out. */
  readMany(uids: readonly string[]): Promise<Task[]> {
    return this.reader.read(uids);
  }

  stats(): GatewayStats & { readWay: string } {
    return { ...this.counted, waiting: this.queue.size + this.calls.length, readWay: this.reader.currentWay };
  }

  /** Sends nothing more; whoever still waits is told to try elsewhere. */
  close(): void {
    this.closed = true;
    const error = new FragmentUnavailableError('the gateway was closed before the request was sent', 'close');
    for (const waiting of [...this.queue.drain(), ...this.calls]) waiting.reject(error);
    this.calls = [];
  }

  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    void this.sendWhileWaiting().finally(() => {
      this.pumping = false;
      if (this.hasWork()) this.pump();
    });
  }

  private hasWork(): boolean {
    return !this.closed && (this.calls.length > 0 || this.queue.nextSince() !== undefined);
  }

  private async sendWhileWaiting(): Promise<void> {
    while (this.hasWork()) {
      const now = performance.now();
      const oldest = Math.min(this.calls[0]?.since ?? Infinity, this.queue.nextSince() ?? Infinity);
      const wait = Math.max(this.budget.waitMs(now), oldest + (this.options.lingerMs ?? 20) - now);
      if (wait > 0) {
        // Short naps: work that arrives in a long pause may be more urgent, and close() must not wait for it.
        await sleep(Math.min(wait + 1, 250));
        continue;
      }
      this.sendNext(now);
    }
  }

  private sendNext(now: number): void {
    const call = this.calls[0];
    if (call && call.since <= (this.queue.nextSince() ?? Infinity)) {
      this.calls.shift();
      this.takeToken(now);
      void call.send();
      return;
    }
    const batch = this.queue.take(this.options.maxBatch);
    // A look asks for a token of its own, as every read does.
    if (batch[0] && mustLook(batch[0])) return void this.look(batch);
    this.takeToken(now);
    void this.sendBatch(batch);
  }

  private takeToken(now: number): void {
    this.budget.tryTake(now);
    this.counted.requests += 1;
  }

  /** Some of these writes may have been applied already: those are settled with the task as it stands. */
  private async look(batch: WaitingWrite[]): Promise<void> {
    try {
      const tasks = new Map((await this.reader.read(batch.map((write) => write.uid))).map((task) => [task.uid, task]));
      const again = batch.filter((write) => {
        const task = tasks.get(write.uid);
        if (stillNeeded(write, task) || !task) return true;
        this.acknowledge(write, task);
        return false;
      });
      for (const write of again) write.unsure = false;
      this.queue.landed(batch, again);
    } catch {
      // The reader's request has already paused the sending; the look is due again.
      this.queue.landed(batch, batch);
    }
    this.pump();
  }

  private async sendBatch(batch: WaitingWrite[]): Promise<void> {
    try {
      const tasks = await this.transmit(batch);
      this.failures = 0;
      const missing = batch.filter((write) => {
        const task = tasks.get(write.uid);
        if (task) this.acknowledge(write, task);
        return !task;
      });
      // Fragment said nothing of these: each is asked alone, where the answer can only mean it.
      for (const write of missing) Object.assign(write, { unsure: true, suspects: Symbol('unanswered') });
      this.queue.landed(batch, missing);
    } catch (error) {
      this.queue.landed(batch, this.afterFailure(batch, error));
    }
    this.pump();
  }

  /**
   * The answered tasks by uid: a batch's order is not documented. A lone write goes to the task's own path, whose answer
   * can mean no other task.
   */
  private async transmit(batch: WaitingWrite[]): Promise<Map<string, Task>> {
    const { client } = this.options;
    const [first] = batch;
    if (batch.length === 1 && first) {
      const { uid, body } = first;
      return new Map([
        [uid, await (first.kind === 'create' ? client.putTask(uid, body) : client.patchTask(uid, body))],
      ]);
    }
    const items = batch.map(({ uid, body }) => ({ ...body, uid }));
    const tasks = first?.kind === 'create' ? await client.putTasks(items) : await client.patchTasks(items);
    return new Map(tasks.map((task) => [task.uid, task]));
  }

  /** The writes that are to be sent again. */
  private afterFailure(batch: WaitingWrite[], error: unknown): WaitingWrite[] {
    if (!(error instanceof FragmentError)) {
      // Not Fragment's doing: one of the bodies has a shape that may not be sent.
      if (batch.length > 1) return halve(batch);
      for (const write of batch) write.reject(error);
      return [];
    }
    if (error instanceof FragmentRejectedError) {
      if (batch.length > 1) return halve(batch.map((write) => Object.assign(write, { unsure: true })));
      for (const write of batch) write.reject(error);
      return [];
    }
    this.pauseAfter(error);
    if (error.status !== 429 && !(error instanceof FragmentAuthError)) {
      for (const write of batch) write.unsure = true;
    }
    return batch;
  }

  private acknowledge(write: WaitingWrite, task: Task): void {
    this.counted.writes += 1;
    write.resolve(task);
  }

  private pauseAfter(error: unknown): void {
    if (!(error instanceof FragmentUnavailableError || error instanceof FragmentAuthError)) return;
    const unit = this.options.backoffMs ?? 1_000;
    this.failures += 1;
    let pauseMs = Math.min(60 * unit, unit * 2 ** (this.failures - 1));
    if (error instanceof FragmentAuthError) pauseMs = 30 * unit;
    else if (error.status === 429) {
      this.counted.s429 += 1;
      // Without Retry-After a whole minute: the only window Fragment documents.
      pauseMs = error.retryAfterMs ?? 60 * unit;
    }
    this.budget.freeze(performance.now() + pauseMs * (1 + Math.random() / 10));
    this.options.log?.warn('Fragment requests paused', {
      seconds: pauseMs / 1000,
      status: error.status,
      request: error.request,
    });
  }
}

function halve(batch: WaitingWrite[]): WaitingWrite[] {
  const middle = Math.ceil(batch.length / 2);
  for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
    const suspects = Symbol('suspects');
    for (const write of half) write.suspects = suspects;
  }
  return batch;
}
