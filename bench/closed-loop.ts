import { setTimeout as sleep } from 'node:timers/promises';

export interface ClosedLoop<T> {
  /** So many under way at any time: one that ends is followed by the next. */
  atOnce: number;
  warmUpSeconds: number;
  seconds: number;
  one: (n: number) => Promise<unknown>;
  /** Taken at both ends of the window that is measured. */
  snapshot: () => T;
}

export interface Window<T> {
  from: T;
  to: T;
  ended: number;
  seconds: number;
  /** Those that had not ended a while after the window. */
  left: number;
}

/**
 * An activity that an overloaded server started and no worker ever got stands until its startToCloseTimeout: minutes,
 * which a benchmark need not wait for.
 */
const DRAIN_MS = 45_000;

/**
 * Measures the window after the warm-up; then starts no more, and waits a while for those that are under way. They begin one
 * after the other over half of the warm-up: all at once they would go on in step, and whether a window held two or three of
 * their rounds would decide its figure.
 */
export async function closedLoop<T>(loop: ClosedLoop<T>): Promise<Window<Awaited<T>>> {
  let next = 0;
  let ended = 0;
  const over = new AbortController();
  const apartMs = (loop.warmUpSeconds * 1000) / 2 / loop.atOnce;
  const lane = async (_: unknown, place: number) => {
    await sleep(place * apartMs);
    while (!over.signal.aborted) {
      await loop.one(next++);
      ended += 1;
    }
  };
  const lanes = Promise.all(Array.from({ length: loop.atOnce }, lane));
  const measured = async () => {
    await sleep(loop.warmUpSeconds * 1000);
    const from = await loop.snapshot();
    const [endedBefore, began] = [ended, performance.now()];
    await sleep(loop.seconds * 1000);
    const window = { ended: ended - endedBefore, seconds: (performance.now() - began) / 1000 };
    const to = await loop.snapshot();
    over.abort();
    await Promise.race([lanes, sleep(DRAIN_MS)]);
    return { from, to, ...window, left: next - ended };
  };
  // One that fails ends it at once; while the measuring goes on, no lane ends by itself.
  return Promise.race([measured(), lanes.then(() => new Promise<never>(() => undefined))]);
}
