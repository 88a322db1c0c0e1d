import type { VirtualTime } from './virtual-time.js';

/** Workers that do one step of a process after the other; what comes while all are busy waits its turn. */
export class Workers {
  private readonly freeAt: number[];

  constructor(
    private readonly time: VirtualTime,
    workers: number,
    private readonly stepMs: number,
  ) {
    this.freeAt = Array.from({ length: workers }, () => 0);
  }

  /** One step of a process: from a signal, say, to the activity that it leads to. */
  step(): Promise<void> {
    const soonest = Math.min(...this.freeAt);
    const ends = Math.max(soonest, this.time.now()) + this.stepMs;
    this.freeAt[this.freeAt.indexOf(soonest)] = ends;
    return this.time.sleep(ends - this.time.now());
  }
}
