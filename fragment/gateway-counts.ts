import type { BulkReader } from './bulk-read.js';

export interface GatewayLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

export interface GatewayStats {
  /** Since the start. */
  requests: number;
  writes: number;
  /** Writes that needed no place of their own, since another of the same task was waiting. */
  merged: number;
  batches: number;
  batchedWrites: number;
  s429: number;
  /** Times that all sending paused, and how long together, however many requests failed. */
  pauses: number;
  pausedMs: number;
  /** The last so many requests in a row had no usable answer: 5xx, 401 or none. A 429 is one. */
  unanswered: number;
  /** Now. */
  requestsLastMinute: number;
  waiting: number;
  oldestWaitMs: number;
  tokens: number;
  /** The rate that the budget allows, and the largest batch: both are lowered by what Fragment answers. */
  requestsPerMinuteNow: number;
  maxBatchNow: number;
  readWay: BulkReader['currentWay'];
}

/** What the gateway has done so far. */
export class GatewayCounts {
  private readonly counted = {
    requests: 0,
    writes: 0,
    batches: 0,
    batchedWrites: 0,
    s429: 0,
    pauses: 0,
    pausedMs: 0,
    unanswered: 0,
  };
  private sentAt: number[] = [];

  totals(now: number) {
    this.sentAt = this.sentAt.filter((at) => at > now - 60_000);
    return { ...this.counted, requestsLastMinute: this.sentAt.length };
  }

  request(now: number): void {
    this.counted.requests += 1;
    this.sentAt.push(now);
    if (this.sentAt.length > 10_000) this.totals(now);
  }

  sent(items: number): void {
    this.counted.batches += 1;
    this.counted.batchedWrites += items;
  }

  answered(): void {
    this.counted.unanswered = 0;
  }

  acknowledged(writes: number): void {
    this.counted.writes += writes;
  }

  failed(status: number | undefined): void {
    this.counted.unanswered = status === 429 ? 0 : this.counted.unanswered + 1;
    if (status === 429) this.counted.s429 += 1;
  }

  paused(): void {
    this.counted.pauses += 1;
  }

  /** By so much the pause, new or under way, has become longer. */
  pausedFor(ms: number): void {
    this.counted.pausedMs += ms;
  }
}
