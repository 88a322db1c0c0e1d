import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { callContext, codeOf } from './call.js';

/** gRPC's UNAVAILABLE: nobody is there at present, and nothing is said of what was asked. */
const UNAVAILABLE = 14;
const PAUSE_MS = 1_000;

/**
 * Asks again while Temporal cannot be reached; the connection's own tries end after some twenty seconds. A deadline of the
 * caller's, or their signal (`client.withDeadline`, `client.withAbortSignal`), ends it.
 */
export async function outlast<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  // The SDK looks at a signal only for what is on its way when it aborts: between two calls nobody would.
  const { abortSignal: signal } = callContext(client);
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (codeOf(error) !== UNAVAILABLE || signal?.aborted) throw error;
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
