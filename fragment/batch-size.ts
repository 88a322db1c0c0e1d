/** One half of a refused batch. */
export interface Suspects {
  inquiry: Inquiry;
}

/** What becomes of the items of a refused batch while it is halved. */
export interface Inquiry {
  undecided: number;
  culprits: number;
  /** The largest part of it that Fragment took. */
  accepted: number;
}

/**
 * How much goes into one batch request. Fragment documents neither a number of items nor of bytes, so both are learnt
 * downwards, for the life of the process: from a 413, and from a refused batch whose parts were all taken.
 */
export class BatchSize {
  items: number;
  bytes: number;

  constructor(maxItems: number, maxBytes: number) {
    this.items = maxItems;
    this.bytes = maxBytes;
  }

  /** Servers that refuse a body for its bytes let far more than this pass; a smaller one was refused for its items. */
  tooLarge(sent: { items: number; bytes: number }): void {
    if (sent.bytes > 64_000) this.bytes = Math.min(this.bytes, Math.floor(sent.bytes / 2));
    else this.items = Math.min(this.items, Math.max(1, Math.floor(sent.items / 2)));
  }

  /** An item of a refused batch has been decided on, in a part of so many items. True when that taught us a smaller size. */
  decided(inquiry: Inquiry, verdict: 'accepted' | 'culprit', together: number): boolean {
    inquiry.undecided -= 1;
    if (verdict === 'culprit') inquiry.culprits += 1;
    else inquiry.accepted = Math.max(inquiry.accepted, together);
    // Nobody was guilty, so it was their number.
    if (inquiry.undecided > 0 || inquiry.culprits > 0 || inquiry.accepted >= this.items) return false;
    this.items = inquiry.accepted;
    return true;
  }
}
