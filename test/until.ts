export interface Patience {
  /** What is waited for, in words; the code of the question, where nothing is said. */
  what?: string;
  withinMs?: number;
  everyMs?: number;
}

/** The first thing that `look` finds. @throws with what was waited for, where it does not come within a minute. */
export async function until<T>(look: () => T | Promise<T>, patience: Patience = {}): Promise<NonNullable<Awaited<T>>> {
  const { what = String(look), withinMs = 60_000, everyMs = 100 } = patience;
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`still not so after ${withinMs / 1_000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
