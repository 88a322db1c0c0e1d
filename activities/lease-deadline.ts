/** A moment on both of the machine's clocks. */
export interface Moment {
  monotonic: number;
  wall: number;
}

export interface Clocks {
  monotonic(): number;
  wall(): number;
}

/**
 * How long this process may believe that the lease is its own. Temporal gives it to another one `timeoutMs` after the last
 * heartbeat that it received; here that is counted from when the heartbeat was sent, which is earlier, and sending ends
 * before then.
 *
 * Both clocks have to agree: the monotonic one stands still while a machine sleeps, the wall clock may be set back.
 */
export class LeaseDeadline {
  private acknowledged?: Moment;

  constructor(
    private readonly timeoutMs: number,
    private readonly clocks: Clocks = { monotonic: () => performance.now(), wall: () => Date.now() },
  ) {
    if (!(timeoutMs > MARGIN_MS)) throw new RangeError(`a lease needs a heartbeat timeout above ${MARGIN_MS} ms`);
  }

  /** Taken before a heartbeat is sent. */
  mark(): Moment {
    return { monotonic: this.clocks.monotonic(), wall: this.clocks.wall() };
  }

  /** Temporal has acknowledged the heartbeat that was sent then. */
  extend(sent: Moment): void {
    this.acknowledged = sent;
  }

  maySend(): boolean {
    return this.ageMs() < this.timeoutMs - MARGIN_MS;
  }

  /** Another process may have it by now. */
  isOver(): boolean {
    return this.ageMs() >= this.timeoutMs;
  }

  private ageMs(): number {
    if (!this.acknowledged) return Infinity;
    const { monotonic, wall } = this.mark();
    return Math.max(monotonic - this.acknowledged.monotonic, wall - this.acknowledged.wall);
  }
}

/** For a request that leaves at the last moment, and for clocks that do not run alike. */
const MARGIN_MS = 1_500;
