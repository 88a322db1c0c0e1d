/** One half of a refused batch. */
export interface Suspects {
  inquiry: Inquiry;
}

/** What becomes of the items of a refused batch while it is halved. */
export interface Inquiry {
  /** It got a 500 instead, which says nothing of sizes: the server may have been ill. */
  crash?: boolean;
  /** Of the whole batch. */
  items: number;
  undecided: number;
  culprits: number;
}

/**
 * How much goes into one batch request. Fragment documents neither a number of items nor of bytes, so both are learnt
 * downwards, for the life of the process: from a 413, and from a refused batch whose parts were all taken. The latter never
 * goes below what Fragment has taken before: then it was a refusal that passed.
 */
export class BatchSize {
  items: number;
  bytes: number;
  /** The most items that Fragment has taken together. */
  private taken = 0;

  constructor(maxItems: number, maxBytes: number) {
    this.items = maxItems;
    this.bytes = maxBytes;
  }

  /** Servers that refuse a body for its bytes let far more than this pass; a smaller one was refused for its items. */
  tooLarge(sent: { items: number; bytes: number }): void {
    if (sent.bytes > 64_000) this.bytes = Math.min(this.bytes, Math.floor(sent.bytes / 2));
    else this.items = Math.min(this.items, Math.max(1, Math.floor(sent.items / 2)));
    this.taken = Math.min(this.taken, this.items);
  }

  took(items: number): void {
    this.taken = Math.max(this.taken, items);
  }

  /** An item of a refused batch has been decided on. True when that taught us a smaller size. */
  decided(inquiry: Inquiry, verdict: 'accepted' | 'culprit'): boolean {
    inquiry.undecided -= 1;
    if (verdict === 'culprit') inquiry.culprits += 1;
    if (inquiry.undecided > 0 || inquiry.culprits > 0 || inquiry.crash) return false;
    // Nobody was guilty, so it was their number, unless Fragment has taken as many before.
    if (this.taken >= Math.min(inquiry.items, this.items)) return false;
    this.items = Math.max(1, this.taken);
    return true;
  }
}
