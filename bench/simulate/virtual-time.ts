import type { Clock } from '../../fragment/gateway.js';

interface Due {
  at: number;
  /** Of two that are due together, the first asked for comes first. */
  order: number;
  work: () => void;
}

/** The instant that simulated time begins at: a Monday, in UTC. */
export const EPOCH = Date.parse('2026-01-05T00:00:00Z');

/** Time that passes only from one event to the next, so that a week takes seconds, and the same week every time. */
export class VirtualTime implements Clock {
  private readonly due: Due[] = [];
  private elapsed = 0;
  private asked = 0;

  /** Milliseconds since the beginning. */
  now(): number {
    return this.elapsed;
  }

  /** The same as a date, in ms since 1970. */
  date(): number {
    return EPOCH + this.elapsed;
  }

  at(at: number, work: () => void): void {
    this.asked += 1;
    this.push({ at: Math.max(at, this.elapsed), order: this.asked, work });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(this.elapsed + Math.max(0, ms), resolve);
    });
  }

  /** Until that time, or until nothing is `left` to wait for. */
  async run(until: number, left: () => boolean = () => true): Promise<void> {
    for (let next = this.due[0]; next && next.at <= until && left(); next = this.due[0]) {
      this.pop();
      this.elapsed = next.at;
      next.work();
      // Everything that follows from it in no time has happened before the next event.
      if (this.due[0]?.at !== next.at) await settled();
    }
    await settled();
  }

  private push(event: Due): void {
    let place = this.due.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(event, this.due[parent] as Due)) break;
      this.due[place] = this.due[parent] as Due;
      place = parent;
    }
    this.due[place] = event;
  }

  private pop(): void {
    const last = this.due.pop() as Due;
    if (this.due.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const right = this.due[child + 1];
      if (right && before(right, this.due[child] as Due)) child += 1;
      const smaller = this.due[child];
      if (!smaller || !before(smaller, last)) break;
      this.due[place] = smaller;
      place = child;
    }
    this.due[place] = last;
  }
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A turn of the real event loop: every promise that could settle has settled. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
