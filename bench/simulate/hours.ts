import { HOUR_MS } from './scenario.js';
import type { VirtualTime } from './virtual-time.js';

/** Counts by the hour, to find the busiest. */
export class Hours {
  private readonly counted = new Map<string, number[]>();

  constructor(private readonly time: VirtualTime) {}

  count(what: string): void {
    const hours = this.counted.get(what) ?? [];
    const hour = Math.floor(this.time.now() / HOUR_MS);
    hours[hour] = (hours[hour] ?? 0) + 1;
    this.counted.set(what, hours);
  }

  most(what: string): number {
    return (this.counted.get(what) ?? []).reduce((most, count) => Math.max(most, count ?? 0), 0);
  }
}
