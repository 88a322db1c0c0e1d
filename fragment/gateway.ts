import { setTimeout as sleep } from 'node:timers/promises';
import { BatchSender } from './batch-sender.js';
import { BatchSize } from './batch-size.js';
import { RequestBudget } from './budget.js';
import { BulkReader, type Unreadable } from './bulk-read.js';
import { CallQueue, type Call } from './call-queue.js';
import type { TaskApi } from './client.js';
import { FragmentAuthError, FragmentRejectedError, FragmentUnavailableError } from './errors.js';
import { GatewayCounts, type GatewayLog, type GatewayStats } from './gateway-counts.js';
import { Turns, type Lane } from './lanes.js';
import { misshapenWrite } from './misshapen.js';
import { Pauses } from './pauses.js';
import type { Intent, PendingWrite, Write } from './pending-write.js';
import type { Task } from './schema.js';
import { untraced, type Trace } from './trace.js';
import { WriteQueue } from './write-queue.js';

export interface GatewayOptions {
  client: TaskApi;
  /** Fragment's published limit is 60. */
  requestsPerMinute: number;
  /** Items in one batch request. Fragment documents no maximum; 100 is the largest anybody is known to use. */
  maxBatch: number;
  /** Bytes of one batch request. @default 1_000_000, below what web servers commonly refuse */
  maxBytes?: number;
  log?: GatewayLog;
  /** Told how long each write took, in ms, from when it was asked for to Fragment's acknowledgement. */
  onAcknowledged?: (ms: number) => void;
  trace?: Trace;
  /** Asked before every request; while it says no, nothing is sent and everything waits. */
  maySend?: () => boolean;
  /** How long the first write waits for company, where a request may be sent at once. @default 20 */
  lingerMs?: number;
  /** The unit of waiting after a failure; tests make it small. @default 1_000 */
  backoffMs?: number;
  /** Monotonic; tests bring one of their own. */
  clock?: Clock;
}

export interface Clock {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** How long a lane waits for company while others fill their requests: four of them at the full rate. */
const PATIENCE_MS = 4_500;
/** How often to ask again for a way of reading that was refused: it costs a few requests. */
const READER_RETRY_MS = 600_000;
/** How often to ask whether sending is allowed again. */
const NAP_MS = 250;

/**
 * The one funnel to Fragment. Writes that wait are merged task by task and sent together, as many as one batch request
 * holds, whenever the budget allows a request; what goes first is a matter of lanes, and none starves.
 *
 * Under failure: a refused batch is halved until the culprit stands alone, writes of its task that were merged are sent one
 * by one, and only what is refused by itself fails. No answer, 429, 5xx and 401/403 fail no write: all sending pauses, then
 * the writes are sent again, after a look at the tasks where repeating could undo what a person did since. One that gets a
 * 500 each time, while Fragment takes others, is found by halving as well and given back to its caller.
 */
export class Gateway {
  private readonly clock: Clock;
  private readonly budget: RequestBudget;
  private readonly size: BatchSize;
  private readonly reader: BulkReader;
  private readonly sender: BatchSender;
  private readonly counts = new GatewayCounts();
  private readonly queue = new WriteQueue();
  private readonly turns = new Turns();
  private readonly trace: Trace;
  private readonly closing = new AbortController();
  private readonly pauses: Pauses;
  private readonly calls = new CallQueue();
  private running = false;
  private readerTriedAt: number;

  constructor(private readonly options: GatewayOptions) {
    const { client, log } = options;
    this.clock = options.clock ?? realTime;
    this.trace = options.trace ?? untraced;
    this.budget = new RequestBudget(options.requestsPerMinute, this.clock.now());
    this.pauses = new Pauses({ budget: this.budget, counts: this.counts, unitMs: options.backoffMs ?? 1_000, log });
    this.size = new BatchSize(options.maxBatch, options.maxBytes ?? 1_000_000);
    this.reader = new BulkReader(client, (send, { signal }) => this.request(send, { signal }), options.maxBatch);
    this.readerTriedAt = this.clock.now();
    this.sender = new BatchSender({
      client,
      readMany: (uids) => this.readMany(uids),
      size: this.size,
      acknowledged: (intents, task) => this.acknowledge(intents, task),
      failed: (error) => this.pauseAfter(error),
      judge: (error) => this.judge(error),
      learnt: (what, fields) => log?.info(what, fields),
    });
  }

  /**
   * Settles when Fragment has acknowledged the write, however long that takes; the task is as Fragment answered. Writes of
   * one task that wait together are sent as one, the newest intent winning, and each gets its answer.
   * An abort takes the write back while it waits; while its task is looked at, or it is on its way, what comes of that is
   * waited for, and it is not sent again.
   *
   * @throws FragmentRejectedError when Fragment refuses this very write, or to show its task where that has to be looked at,
   * or would: a body that does not have Fragment's documented shape costs no request. FragmentUnavailableError when Fragment
   * falls over this very write, or the gateway is closed: to be asked for again, later.
   */
  write(write: Write, signal?: AbortSignal): Promise<Task> {
    return new Promise((resolve, reject) => {
      if (this.refuses(reject, signal)) return;
      const misshapen = misshapenWrite(write);
      if (misshapen) return reject(misshapen);
      const intent: Intent = {
        ...write,
        enqueuedAt: this.clock.now(),
        asker: this.trace.asker(),
        signal,
        resolve,
        reject,
      };
      signal?.addEventListener('abort', () => this.queue.withdraw(intent) && reject(signal.reason as Error), {
        once: true,
      });
      this.queue.add(intent, this.sender.isCulprit(write.uid));
      this.pump();
    });
  }

  /** Any other single request: sent once, when the budget allows it; its failure is the caller's to retry. */
  request<T>(
    send: () => Promise<T>,
    { lane = 'read', signal }: { lane?: Lane; signal?: AbortSignal } = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.refuses(reject, signal)) return;
      const attempt = async () => {
        try {
          resolve(await send());
          this.pauses.answered();
        } catch (error) {
          const judged = await this.judge(error);
          this.pauseAfter(judged);
          reject(judged);
        }
      };
      this.call({ lane, since: this.clock.now(), askers: [this.trace.asker()], send: attempt, reject }, signal);
    });
  }

  /**
   * Reads tasks by uid, as many with one request as the server allows; tasks that do not exist are left out.
   * @throws FragmentRejectedError where Fragment refuses to show one of them, unless `unreadable` is told instead; of one that
   * gets a 500 it is told as well.
   */
  readMany(
    uids: readonly string[],
    { signal, unreadable }: { signal?: AbortSignal; unreadable?: Unreadable } = {},
  ): Promise<Task[]> {
    const now = this.clock.now();
    if (now - this.readerTriedAt >= READER_RETRY_MS) {
      this.readerTriedAt = now;
      this.reader.tryAgain();
    }
    return this.reader.read(uids, signal, unreadable);
  }

  stats(): GatewayStats {
    const now = this.clock.now();
    const since = [
      ...this.queue.unsent().map(({ enqueuedAt }) => enqueuedAt),
      ...this.calls.all.map((call) => call.since),
    ];
    return {
      ...this.counts.totals(now),
      merged: this.queue.merged,
      waiting: since.length,
      oldestWaitMs: since.reduce((longest, at) => Math.max(longest, now - at), 0),
      tokens: this.budget.available(now),
      requestsPerMinuteNow: this.budget.perSecond * 60,
      maxBatchNow: this.size.items,
      readWay: this.reader.currentWay,
    };
  }

  /** Sends nothing more; whoever still waits is told to try elsewhere. */
  close(): void {
    this.closing.abort();
    const error = new FragmentUnavailableError('the gateway was closed before the request was sent', 'close');
    for (const waiting of [...this.queue.drain(), ...this.calls.drain()]) waiting.reject(error);
  }

  private refuses(reject: (error: Error) => void, signal?: AbortSignal): boolean {
    if (this.closing.signal.aborted) reject(new FragmentUnavailableError('the gateway is closed', 'request'));
    else if (signal?.aborted) reject(signal.reason as Error);
    else return false;
    return true;
  }

  private call(call: Call, signal?: AbortSignal): void {
    this.calls.add(call, signal);
    this.pump();
  }

  private pump(): void {
    if (this.running) return;
    this.running = true;
    void this.sendWhileReady().finally(() => {
      this.running = false;
      // What came between the last look and now.
      if (!this.closing.signal.aborted && this.ready().size > 0) this.pump();
    });
  }

  private async sendWhileReady(): Promise<void> {
    for (;;) {
      const ready = this.ready();
      if (ready.size === 0 || this.closing.signal.aborted) return;
      const wait = this.waitMs(ready);
      // An aborted sleep rejects: the gateway is closed, which the next turn sees.
      if (wait > 0) await this.clock.sleep(Math.ceil(wait), this.closing.signal).catch(() => undefined);
      else this.sendNext(ready);
    }
  }

  private waitMs(ready: ReadonlyMap<Lane, number>): number {
    if (this.options.maySend?.() === false) return NAP_MS;
    const now = this.clock.now();
    const linger = Math.min(...ready.values()) + (this.options.lingerMs ?? 20) - now;
    return Math.max(this.budget.waitMs(now), linger);
  }

  /** The lanes that have something to send, with the time since when. */
  private ready(): Map<Lane, number> {
    const ready = this.queue.ready();
    for (const { lane, since } of this.calls.all) ready.set(lane, Math.min(ready.get(lane) ?? Infinity, since));
    return ready;
  }

  private sendNext(ready: ReadonlyMap<Lane, number>): void {
    const lane = this.turns.next(this.eligible(ready)) as Lane;
    const call = this.calls.take(lane);
    if (call) {
      this.takeToken(lane);
      void this.trace.onBehalfOf(call.askers, call.send);
      return;
    }
    const batch = this.queue.take(lane, this.size.items, this.size.bytes);
    const askers = batch.flatMap(({ intents }) => intents.map(({ asker }) => asker));
    // A look asks for a token of its own, as every read does.
    if (batch[0]?.mustLook)
      return void this.landed(
        batch,
        this.trace.onBehalfOf(askers, () => this.sender.look(batch)),
      );
    this.takeToken(lane);
    this.counts.sent(batch.length);
    void this.landed(
      batch,
      this.trace.onBehalfOf(askers, () => this.sender.send(batch)),
    );
  }

  /**
   * While one lane could fill a request, another that could not waits for company: requests are what is scarce, and one of
   * ten closings sent before each hundred creations would cost half of what the budget carries. Single calls never wait.
   */
  private eligible(ready: ReadonlyMap<Lane, number>): Lane[] {
    const full = this.queue.full(this.size.items);
    if (full.size === 0) return [...ready.keys()];
    const patient = this.clock.now() - PATIENCE_MS;
    const calls = new Set(this.calls.all.map(({ lane }) => lane));
    return [...ready].flatMap(([lane, since]) => (full.has(lane) || calls.has(lane) || since <= patient ? lane : []));
  }

  private takeToken(lane: Lane): void {
    const now = this.clock.now();
    this.budget.tryTake(now);
    this.turns.took(lane);
    this.counts.request(now);
  }

  private async landed(batch: PendingWrite[], outcome: Promise<PendingWrite[]>): Promise<void> {
    const again = await outcome;
    this.queue.landed(batch, again);
    // What it looked at, or what was turned away after a look, waits for the end of the pause.
    if (this.budget.frozenMs(this.clock.now()) > 0) this.queue.lookAgain();
    // Closed meanwhile: nobody will send these any more.
    if (this.closing.signal.aborted) this.close();
    else this.pump();
  }

  private acknowledge(intents: readonly Intent[], task: Task): void {
    this.pauses.answered();
    const now = this.clock.now();
    this.counts.acknowledged(intents.length);
    for (const { enqueuedAt, resolve } of intents) {
      this.options.onAcknowledged?.(now - enqueuedAt);
      resolve(task);
    }
  }

  /**
   * A 403 may mean the token, which concerns everything, or one task that the token may not touch, which must not stop the
   * others: where Fragment still says who we are, it is a refusal like any other. The question costs one request.
   */
  private async judge(error: unknown): Promise<unknown> {
    if (error instanceof FragmentRejectedError) this.counts.answered();
    if (!(error instanceof FragmentAuthError) || error.status !== 403 || this.closing.signal.aborted) return error;
    const known = await new Promise<boolean>((resolve) => {
      const ask = () =>
        this.options.client.accountsMe().then(
          () => resolve(true),
          () => resolve(false),
        );
      this.call({ lane: 'read', since: this.clock.now(), askers: [], send: ask, reject: () => resolve(false) });
    });
    return known ? new FragmentRejectedError(error.message, error.request, error.status) : error;
  }

  private pauseAfter(error: unknown): void {
    // A person may do much while nothing is sent.
    if (this.pauses.after(error, this.clock.now())) this.queue.lookAgain();
  }
}

const realTime: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};
