/**
 * What a request is for, the most urgent first. A share is how many requests the lane gets of the 26 that are sent while
 * every lane has something waiting, so the urgent ones come first and none starves (stride scheduling).
 */
const SHARES = {
  /** Closing and completing: people must not work on what is over. */
  close: 8,
  /** A new task is work for somebody. */
  create: 6,
  update: 5,
  /** The change feed, looks, single reads. */
  read: 4,
  comment: 2,
  /** Halves of a refused batch: they have failed once, and must not hold up those that have not. */
  suspect: 1,
};

export type Lane = keyof typeof SHARES;
export const LANES = Object.keys(SHARES) as Lane[];

/** Whose turn it is. */
export class Turns {
  /** How far each lane has come: a request moves it on by the inverse of its share, and the hindmost goes next. */
  private readonly passed = Object.fromEntries(LANES.map((lane) => [lane, 0])) as Record<Lane, number>;
  private front = 0;

  /** The lane that goes next, of those that have something to send; among equals the more urgent. */
  next(ready: Iterable<Lane>): Lane | undefined {
    const [first] = [...ready].toSorted((a, b) => this.place(a) - this.place(b) || SHARES[b] - SHARES[a]);
    return first;
  }

  /** A request of this lane is on its way. */
  took(lane: Lane): void {
    this.front = this.place(lane);
    this.passed[lane] = this.front + 1 / SHARES[lane];
  }

  /** A lane that had nothing to send has saved up nothing. */
  private place(lane: Lane): number {
    return Math.max(this.passed[lane], this.front);
  }
}
