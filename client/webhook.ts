import { Hono, type Context, type Next } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { taskUidsOf } from './webhook-event.js';
import { Hints, type Poke } from './webhook-hints.js';
import { isOneOf, signatureProblem, type SignatureRule } from './webhook-signature.js';

export { feedRuns, pokeFeed, type Poke } from './webhook-hints.js';

export interface WebhookOptions {
  /** Any of these is good: a secret is changed by adding the new one before the old one goes. */
  secrets: readonly string[];
  /** Beside the secret, where the sender signs. Fragment documents neither, nor the names of the headers. */
  signature?: SignatureRule;
  headers?: { secret?: string; signature?: string; timestamp?: string };
  /** `pokeFeed(client)`. */
  poke: Poke;
  /** For the time in which events are gathered into one signal. @default 1_000 */
  gatherMs?: number;
  /** Whether events can be handed on, for /readyz: `feedRuns(client)`. */
  ready?: () => Promise<boolean>;
  /** Told of every answer, of /readyz's where it is not ready; of an event no more than how many tasks it named. */
  onAnswer?: (answer: WebhookAnswer) => void;
}

export interface WebhookAnswer {
  status: number;
  tasks?: number;
  why?: string;
  /** Of a 5xx: the name of the failure, and its gRPC code. */
  failure?: string;
  code?: number;
}

const MAX_BODY = 64 * 1024;
const RETRY_AFTER_SECONDS = '5';

/**
 * The receiver of Fragment's webhooks, to be served alone or mounted in a backend's own server. An event is a hint: its
 * tasks are read again by the change feed, and nothing else comes of it. So one that is forged, late, doubled or out of
 * order changes nothing, and one that is lost is found by the feed.
 *
 * 202: the feed is told to look. 503: it could not be reached, nothing was kept, send it again. 4xx: it will never be taken.
 */
export function webhookApp(options: WebhookOptions): Hono {
  const { secrets, signature: rule } = options;
  // An empty one would be known to everybody.
  if (secrets.length === 0 || secrets.includes(''))
    throw new TypeError('secrets: at least one, and none that is empty');
  if (rule && (rule.keys.length === 0 || rule.keys.includes('')))
    throw new TypeError('signature.keys: at least one, and none that is empty');
  const { secret = 'x-webhook-secret', signature = 'x-signature', timestamp = 'x-timestamp' } = options.headers ?? {};
  const hints = new Hints(options.poke, options.gatherMs);
  const app = new Hono();

  app.get('/livez', (c) => c.json({ ok: true }));
  app.get('/readyz', async (c) => {
    const ok = (await options.ready?.().catch(kindOf)) ?? true;
    if (ok === true) return c.json({ ok });
    options.onAnswer?.({ status: 503, why: 'not ready', ...(ok || {}) });
    return c.json({ ok: false }, 503);
  });
  // It reads a body that does not say how large it is.
  const limited = bodyLimit({ maxSize: MAX_BODY, onError: (c) => refuse(c, 413, `more than ${MAX_BODY} bytes`) });
  for (const path of ['/webhook', '/webhook/:secret']) {
    app.post(path, known, limited, receive);
    app.all(path, (c) => refuse(c, 405, 'POST alone', { allow: 'POST' }));
  }
  app.notFound((c) => refuse(c, 404, 'no such path'));
  app.onError((error, c) => {
    const why = 'the receiver failed';
    options.onAnswer?.({ status: 500, why, ...kindOf(error) });
    return c.json({ error: why }, 500);
  });
  return app;

  async function known(c: Context, next: Next): Promise<Response | void> {
    const given = c.req.param('secret') ?? c.req.header(secret) ?? '';
    if (!isOneOf(given, options.secrets)) return refuse(c, 401, 'wrong secret');
    await next();
  }

  async function receive(c: Context): Promise<Response> {
    if (!/^application\/([\w.-]+\+)?json\b/i.test(c.req.header('content-type') ?? '')) {
      return refuse(c, 415, 'content-type: application/json alone');
    }
    const body = await c.req.text();
    if (options.signature) {
      const signed = { timestamp: c.req.header(timestamp), signature: c.req.header(signature), body };
      const problem = signatureProblem(options.signature, signed, Date.now());
      if (problem) return refuse(c, 401, problem);
    }
    const event = parse(body);
    if (event === undefined) return refuse(c, 400, 'not JSON');
    const uids = taskUidsOf(event);
    if (uids.length === 0) return refuse(c, 422, 'names no task (uid, task.uid, data.task.id)');
    try {
      await hints.give(uids);
    } catch (error) {
      const why = 'the change feed cannot be told now';
      options.onAnswer?.({ status: 503, why, ...kindOf(error) });
      return c.json({ error: why }, 503, { 'retry-after': RETRY_AFTER_SECONDS });
    }
    options.onAnswer?.({ status: 202, tasks: uids.length });
    return c.json({ taken: uids.length }, 202);
  }

  function refuse(c: Context, status: Refusal, why: string, headers: Record<string, string> = {}): Response {
    options.onAnswer?.({ status, why });
    return c.json({ error: why }, status, headers);
  }
}

type Refusal = 400 | 401 | 404 | 405 | 413 | 415 | 422;

/** For the receiver's own log: the message may name hosts. */
function kindOf(error: unknown): Pick<WebhookAnswer, 'failure' | 'code'> {
  if (!(error instanceof Error)) return {};
  const { code } = (error.cause ?? error) as { code?: unknown };
  return { failure: error.name, ...(typeof code === 'number' ? { code } : {}) };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
