import type { Logger } from 'pino';
import type { WebhookAnswer } from '../client/index.js';

/** What a sender gets who has the wrong secret, sends another form or names no task: every event of theirs. */
const TELLING = [401, 415, 422];
const EVERY_MS = 60_000;

/**
 * Tells the log of each answer. A receiver that takes nothing must not look like one to whom nobody sends: what is refused for
 * such a reason, or by a failure of ours, is a warning, though once a minute, since strangers send whatever they like.
 */
export function webhookLog(log: Pick<Logger, 'warn' | 'debug'>, now = Date.now): (answer: WebhookAnswer) => void {
  const warned = new Map<string, number>();
  return (answer) => {
    const { status, why } = answer;
    const kind = `${status} ${why}`;
    const telling = TELLING.includes(status) || status >= 500;
    const due = telling && now() - (warned.get(kind) ?? -Infinity) >= EVERY_MS;
    if (due) warned.set(kind, now());
    // Never the path, which holds the secret.
    log[due ? 'warn' : 'debug'](answer, 'webhook');
  };
}
