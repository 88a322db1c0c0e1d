const WINDOW = 60_000;

/** A sliding window: in any 60 s, however placed, no more than the limit gets through. What is refused does not count. */
export class Limiter {
  #passed: number[] = [];
  constructor(private readonly now: () => number) {}

  /** ms to wait until a request would pass; 0 if this one does (it is then counted). */
  take(limit: number): number {
    const now = this.now();
    while (this.#passed[0] !== undefined && this.#passed[0] <= now - WINDOW) this.#passed.shift();
    if (this.#passed.length < limit) {
      this.#passed.push(now);
      return 0;
    }
    return (this.#passed[this.#passed.length - limit] ?? now) + WINDOW - now;
  }
}

/** What came in, for tests and for the person who watches: every request to /api/v1 counts, refused or not. */
export class Counter {
  requests = 0;
  writes = 0;
  s429 = 0;
  maxIn60s = 0;
  readonly byEndpoint: Record<string, number> = {};
  #recent: number[] = [];
  constructor(private readonly now: () => number) {}

  request(method: string, endpoint: string): void {
    const now = this.now();
    const key = `${method} ${endpoint}`;
    this.requests++;
    if (method !== 'GET' && endpoint !== '/tasks/query') this.writes++;
    this.byEndpoint[key] = (this.byEndpoint[key] ?? 0) + 1;
    this.#recent.push(now);
    this.maxIn60s = Math.max(this.maxIn60s, this.lastMinute());
  }

  /** Requests in the 60 s up to now, refused ones included. */
  lastMinute(): number {
    const since = this.now() - WINDOW;
    while (this.#recent[0] !== undefined && this.#recent[0] <= since) this.#recent.shift();
    return this.#recent.length;
  }
}
