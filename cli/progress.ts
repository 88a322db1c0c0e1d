import { setTimeout as sleep } from 'node:timers/promises';
import { note } from './output.js';

const EVERY_MS = 2_000;

/** Runs, and says meanwhile how far it is, on standard error, whenever that has changed. */
export async function withProgress<T>(howFar: () => string, run: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const shown = show(howFar, over.signal);
  try {
    return await run();
  } finally {
    over.abort();
    await shown;
  }
}

async function show(howFar: () => string, over: AbortSignal): Promise<void> {
  let said = '';
  while (!over.aborted) {
    const line = howFar();
    if (line !== said) note(line);
    said = line;
    await sleep(EVERY_MS, undefined, { signal: over }).catch(() => undefined);
  }
}
