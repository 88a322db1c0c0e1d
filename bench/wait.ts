import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again until there is something; @throws what it waited for, after so long. */
export async function waitFor<T>(
  what: string,
  withinMs: number,
  look: () => T | undefined | Promise<T | undefined>,
  everyMs = 20,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    await sleep(everyMs);
  }
}
