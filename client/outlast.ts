import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Client, type Connection } from '@temporalio/client';

/** gRPC's UNAVAILABLE: nobody is there at present, and nothing is said of what was asked. */
const UNAVAILABLE = 14;
const PAUSE_MS = 1_000;

/**
 * Asks again while Temporal cannot be reached; the connection's own tries end after some twenty seconds. A deadline of the
 * caller's, or their signal (`client.withDeadline`, `client.withAbortSignal`), ends it.
 */
export async function outlast<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  // The SDK looks at a signal only for what is on its way when it aborts: between two calls nobody would.
  const { callContextStorage } = client.connection as Partial<Connection>;
  const signal = callContextStorage?.getStore()?.abortSignal;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isUnavailable(error) || signal?.aborted) throw error;
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}

function isUnavailable(error: unknown): boolean {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcServiceError(cause) && (cause.code as number) === UNAVAILABLE;
}
