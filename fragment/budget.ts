/**
 * Requests a minute, as a token bucket with fractions of tokens. A bucket of `burst` tokens that refills at `perSecond`
 * lets at most burst + 60 · perSecond requests go in any 60 seconds, wherever they begin, so
 *
 *     burst + (60 + TRANSIT) · perSecond = requestsPerMinute
 *
 * keeps within the limit of a server that counts a sliding window, even where requests sent TRANSIT seconds apart arrive
 * together. It starts empty: a process that is restarted again and again must not send a burst each time.
 *
 * Time is an argument, in milliseconds of a monotonic clock.
 */
export class RequestBudget {
  readonly burst: number;
  readonly perSecond: number;
  private tokens = 0;
  private at: number;
  private frozenUntil = -Infinity;

  constructor(requestsPerMinute: number, now: number) {
    if (!(requestsPerMinute >= 2)) {
      throw new RangeError(`requestsPerMinute must be at least 2 (got ${requestsPerMinute})`);
    }
    this.burst = Math.max(1, Math.min(MAX_BURST, requestsPerMinute / 12));
    this.perSecond = (requestsPerMinute - this.burst) / (60 + TRANSIT_SECONDS);
    this.at = now;
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
    // A hair less than one token is one: 0.9999999 is what remains of 1 after many additions.
    const missing = 1 - this.tokens - 1e-9;
    const untilToken = missing > 0 ? (missing / this.perSecond) * 1000 : 0;
    return Math.max(untilToken, this.frozenUntil - now, 0);
  }

  /** Sends nothing before `until`, and begins empty then: whoever said "later" did not say "all at once". */
  freeze(until: number): void {
    this.frozenUntil = Math.max(this.frozenUntil, until);
    this.tokens = 0;
  }

  private refill(now: number): void {
    const from = Math.max(this.at, Math.min(this.frozenUntil, now));
    this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, now - from) / 1000) * this.perSecond);
    this.at = Math.max(this.at, now);
  }
}

/** Fragment tolerates small bursts but discourages them; five spare a person the wait for a token. */
const MAX_BURST = 5;
/** How far apart two requests may be sent and still arrive together. */
const TRANSIT_SECONDS = 2;
