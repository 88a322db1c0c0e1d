import type { MetricCounter, MetricGauge } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import type { GatewayStats } from '../fragment/gateway-counts.js';

/** Buckets of WRITE_LATENCY: a turn of the budget is 1.1 s, a pause after a 429 a minute. */
export const LATENCY_BUCKETS = [
  25, 100, 250, 500, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000,
];
export const WRITE_LATENCY = 'fragment_gateway_write_latency_ms';

type Totals = 'requests' | 'writes' | 'merged' | 's429' | 'pauses' | 'pausedMs';

/** An account's gateway as Prometheus sees it; whoever only stands by shows `lease_held` 0 and nothing of the past. */
export class GatewayMetrics {
  private readonly meter;
  private readonly gauges;
  private readonly counters: Record<Totals, MetricCounter>;
  private readonly latency;
  private before?: GatewayStats;

  constructor(account: string | undefined) {
    this.meter = Runtime.instance().metricMeter.withTags({ account: account ?? 'default' });
    this.gauges = {
      held: this.gauge('lease_held', '1 in the process that sends for the account'),
      tokens: this.gauge('tokens', 'requests that could be sent at once'),
      waiting: this.gauge('waiting', 'writes and reads that wait for a request'),
      oldest: this.gauge('oldest_wait_seconds', 'how long the first of them has waited'),
      fill: this.gauge(
        'batch_fill',
        'writes in a batch, as a share of the largest batch, since the last second with one',
      ),
      lastMinute: this.gauge('requests_last_minute', 'requests sent in the last 60 seconds'),
      allowed: this.gauge('requests_per_minute_allowed', 'the rate that the budget allows now'),
    };
    this.counters = {
      requests: this.counter('requests', 'requests sent to Fragment'),
      writes: this.counter('writes', 'writes that Fragment acknowledged'),
      merged: this.counter('merged_writes', 'writes that shared the place of another write of their task'),
      s429: this.counter('rate_limited', 'answers 429'),
      pauses: this.counter('freezes', 'times that all sending paused'),
      pausedMs: this.counter('frozen_ms', 'how long, together'),
    };
    this.latency = this.meter.createHistogram(
      WRITE_LATENCY,
      'int',
      'ms',
      'from the wish to write to the acknowledgement',
    );
    this.standBy();
  }

  /** Ours is a standby: nothing that it says is about now. */
  standBy(): void {
    for (const gauge of Object.values(this.gauges)) gauge.set(0);
    for (const counter of Object.values(this.counters)) counter.add(0);
    this.before = undefined;
  }

  acknowledged(ms: number): void {
    this.latency.record(Math.round(ms));
  }

  publish(now: GatewayStats): void {
    const { before } = this;
    this.gauges.held.set(1);
    this.gauges.tokens.set(now.tokens);
    this.gauges.waiting.set(now.waiting);
    this.gauges.oldest.set(now.oldestWaitMs / 1_000);
    this.gauges.lastMinute.set(now.requestsLastMinute);
    this.gauges.allowed.set(now.requestsPerMinuteNow);
    const batches = now.batches - (before?.batches ?? 0);
    const written = now.batchedWrites - (before?.batchedWrites ?? 0);
    if (batches > 0) this.gauges.fill.set(written / batches / now.maxBatchNow);
    for (const [total, counter] of Object.entries(this.counters) as [Totals, MetricCounter][]) {
      counter.add(Math.round(now[total]) - Math.round(before?.[total] ?? 0));
    }
    this.before = now;
  }

  private gauge(name: string, description: string): MetricGauge {
    return this.meter.createGauge(`fragment_gateway_${name}`, 'float', undefined, description);
  }

  private counter(name: string, description: string): MetricCounter {
    return this.meter.createCounter(`fragment_gateway_${name}`, undefined, description);
  }
}
