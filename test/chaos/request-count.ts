/** Requests to Fragment's API as they leave the gateway: the sandbox's own count ends with each of its lives. */
export class RequestCount {
  total = 0;
  /** Most within any 60 s. */
  maxIn60s = 0;
  private recent: number[] = [];

  /** The start of a chunk on the wire. No request is pipelined, and no JSON body begins like a request line. */
  sent(start: string): void {
    if (!/^[A-Z]+ \/api\/v1\//.test(start)) return;
    const now = performance.now();
    this.total += 1;
    this.recent = [...this.recent.filter((at) => at > now - 60_000), now];
    this.maxIn60s = Math.max(this.maxIn60s, this.recent.length);
  }
}
