/**
 * Requests a minute, as a token bucket with fractions of tokens. A bucket of `burst` tokens that refills at `perSecond`
 * lets at most burst + 60 · perSecond requests go in any 60 seconds, wherever they begin, so
 *
 *     burst + (60 + TRANSIT) · perSecond = requestsPerMinute
 *
 * keeps within the limit of a server that counts a sliding window, even where requests sent TRANSIT seconds apart arrive
 * together. It starts empty: a process that is restarted again and again must not send a burst each time.
 *
 * A 429 all the same means that others use the account: the rate falls by 30 % and climbs back by one request a minute
 * with each minute that passes without another.
 *
 * Time is an argument, in milliseconds of a monotonic clock.
 */
export class RequestBudget {
  readonly burst: number;
  private readonly fullPerSecond: number;
  private rate: number;
  private tokens = 0;
  private at: number;
  private frozenUntil = -Infinity;
  private climbAt = Infinity;

  constructor(requestsPerMinute: number, now: number) {
    if (!(requestsPerMinute >= 2)) {
      throw new RangeError(`requestsPerMinute must be at least 2 (got ${requestsPerMinute})`);
    }
    this.burst = Math.max(1, Math.min(MAX_BURST, requestsPerMinute / 20));
    this.fullPerSecond = (requestsPerMinute - this.burst) / (60 + TRANSIT_SECONDS);
    this.rate = this.fullPerSecond;
    this.at = now;
  }

  /** What the bucket refills by, at the rate that 429s have left of it. */
  get perSecond(): number {
    return this.rate;
  }

  /** Tokens that could be spent now. */
  available(now: number): number {
    this.refill(now);
    return now < this.frozenUntil ? 0 : this.tokens;
  }

  /** Takes one token if there is one and the budget is not frozen. */
  tryTake(now: number): boolean {
    if (this.waitMs(now) > 0) return false;
    this.tokens -= 1;
    return true;
  }

  /** How long until a request may be sent; 0 when one may be sent now. */
  waitMs(now: number): number {
    this.refill(now);
    const missing = 1 - this.tokens;
    // A hair less than one token is one: 0.9999999 is what remains of 1 after many additions.
    if (now >= this.frozenUntil) return missing > 1e-9 ? (missing / this.rate) * 1000 : 0;
    return this.frozenUntil - now + (1 / this.rate) * 1000;
  }

  /** Sends nothing before `until`, and begins empty then: whoever said "later" did not say "all at once". */
  freeze(until: number): void {
    this.frozenUntil = Math.max(this.frozenUntil, until);
    this.tokens = 0;
  }

  /** How long the budget is still frozen. */
  frozenMs(now: number): number {
    return Math.max(0, this.frozenUntil - now);
  }

  /** The limit is lower than we thought, or shared. */
  slowDown(now: number): void {
    this.refill(now);
    this.rate = Math.min(this.rate, Math.max(SLOWEST, this.rate * SLOW_DOWN));
    this.climbAt = Math.max(now, this.frozenUntil) + CLIMB_EVERY_MS;
  }

  private refill(now: number): void {
    for (; this.climbAt <= now; this.climbAt += CLIMB_EVERY_MS) {
      this.accrue(this.climbAt);
      this.rate = Math.min(this.fullPerSecond, this.rate + CLIMB);
      if (this.rate === this.fullPerSecond) this.climbAt = Infinity;
    }
    this.accrue(now);
  }

  private accrue(now: number): void {
    const from = Math.max(this.at, Math.min(this.frozenUntil, now));
    this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, now - from) / 1000) * this.rate);
    this.at = Math.max(this.at, now);
  }
}

/**
 * Fragment tolerates small bursts but discourages them, and each costs a request a minute under load: three spare a
 * person the wait for a token, and leave a rate of 0.92 a second of the limit of 60.
 */
const MAX_BURST = 3;
/** How far apart two requests may be sent and still arrive together. */
const TRANSIT_SECONDS = 2;
/** As widely used by clients that adapt (additive increase, multiplicative decrease). */
const SLOW_DOWN = 0.7;
const CLIMB = 1 / 60;
const CLIMB_EVERY_MS = 60_000;
/** Requests a second: one in twenty seconds still finds out when the limit is back. */
const SLOWEST = 0.05;
