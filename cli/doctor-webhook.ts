import type { Config } from '../worker/config.js';
import type { Finding } from './doctor-finding.js';
import { messageOf } from './failure.js';

const ANSWER_MS = 5_000;

/** Asks the receiver for its health. No event is sent: one that names no task would still wake the feed. */
export async function* webhook({ WEBHOOK_SECRET: secrets }: Config, url?: string): AsyncGenerator<Finding> {
  if (url === undefined) {
    if (secrets.length === 0) return;
    const said = 'not checked: WEBHOOK_SECRET is set, and no --webhook-url says where the receiver runs';
    yield { what: 'webhook receiver', verdict: 'ok', said };
    return;
  }
  // The secret may be a part of the address: only where it leads is named.
  const { origin } = new URL(url);
  const what = `webhook receiver at ${origin}`;
  try {
    const { status } = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (status === 200) yield { what, verdict: 'ok', said: 'is there, and reaches the change feed' };
    else if (status === 503) {
      const remedy =
        'see whether TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and --account are right where the receiver runs, and a feed runs';
      yield { what, verdict: 'failure', said: 'it does not reach Temporal, or no change feed there', remedy };
    } else {
      const remedy = 'give the address of `flows webhook` itself: a proxy may not pass /readyz on';
      yield { what, verdict: 'failure', said: `/readyz is answered by ${status}`, remedy };
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const remedy = 'start it: flows webhook; the change feed finds what it would have told, later';
    yield { what, verdict: 'failure', said: messageOf(cause), remedy };
  }
}
