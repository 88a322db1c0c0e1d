import type { Clock } from '../../fragment/gateway.js';

/** A clock that jumps to the next timer as soon as everything else has come to rest. */
export class VirtualClock implements Clock {
  private at = 0;
  private timers: { at: number; wake: () => void }[] = [];

  now = (): number => this.at;

  sleep = (ms: number): Promise<void> =>
    new Promise((wake) => {
      this.timers.push({ at: this.at + ms, wake });
    });

  /** Lets time pass until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    void work.finally(() => (done = true)).catch(() => undefined);
    for (;;) {
      await new Promise(setImmediate);
      if (done) return work;
      const next = this.timers.toSorted((a, b) => a.at - b.at)[0];
      if (!next) throw new Error(`nothing will ever happen again, at ${this.at} ms, and the work is not done`);
      this.timers = this.timers.filter((timer) => timer !== next);
      this.at = Math.max(this.at, next.at);
      next.wake();
    }
  }
}
