import { randomBytes, timingSafeEqual, createHash } from 'node:crypto';
import { JSONToPayload, payloadToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { html } from 'hono/html';

export interface CodecServerOptions {
  codec: PayloadCodec;
  /** Whoever has it may read everything. */
  token: string;
  /** Where the Temporal Web UI is opened, such as http://localhost:8233: other pages get no answer. */
  origins: readonly string[];
}

type JsonPayload = Parameters<typeof JSONToPayload>[0];

const SESSION = 'codec_session';
/** A working day: a browser that is left open does not read for ever. */
const SESSION_SECONDS = 8 * 60 * 60;
/** A page of a history: Temporal's own limit for one answer is 4 MB, and base64 adds a third. */
const MAX_BODY = 8 * 1024 * 1024;
/** The form has one field, and is read before anybody is known. */
const MAX_FORM = 4 * 1024;

/**
 * Decrypts for the Temporal Web UI and CLI, which never hold the keys. The CLI sends the token (`TEMPORAL_CODEC_AUTH`); a
 * person's browser signs in at `/` once and is known by a cookie, since the Web UI has no way to send a token of its own.
 */
export function createCodecServer({ codec, token, origins }: CodecServerOptions): Hono {
  const sessions = new Map<string, number>();
  const app = new Hono();
  app.use(
    cors({
      origin: (origin) => (origins.includes(origin) ? origin : null),
      allowHeaders: ['content-type', 'authorization', 'x-namespace'],
      allowMethods: ['POST'],
      credentials: true,
    }),
  );
  // What it shows is for one browser, and its form for nobody's frame.
  app.use(async (c, next) => {
    await next();
    c.header('cache-control', 'no-store');
    c.header('content-security-policy', "default-src 'none'; form-action 'self'; frame-ancestors 'none'");
  });
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status === 413)
      return c.json({ message: 'the body is too large' }, 413);
    return c.json({ message: error.message }, 400);
  });

  app.get('/', (c) => c.html(page(allowed(c) ? SIGNED_IN : undefined)));
  app.post('/', bodyLimit({ maxSize: MAX_FORM }), async (c) => {
    const given = (await c.req.parseBody()).token;
    if (typeof given !== 'string' || !equal(given, token)) return c.html(page('That is not the token.'), 401);
    const session = randomBytes(32).toString('base64url');
    sessions.set(session, Date.now() + SESSION_SECONDS * 1000);
    setCookie(c, SESSION, session, { httpOnly: true, path: '/', maxAge: SESSION_SECONDS, ...reach(c) });
    return c.redirect('/', 303);
  });
  for (const direction of ['encode', 'decode'] as const) {
    app.post(`/${direction}`, bodyLimit({ maxSize: MAX_BODY }), async (c) => {
      if (!allowed(c)) return c.json({ message: WAYS_IN }, 401);
      const { payloads } = await c.req.json<{ payloads?: JsonPayload[] }>();
      if (!Array.isArray(payloads)) return c.json({ message: 'the body is {"payloads": [...]}' }, 400);
      const coded: Payload[] = await codec[direction](payloads.map((payload) => JSONToPayload(payload)));
      return c.json({ payloads: coded.map((payload) => payloadToJSON(payload)) });
    });
  }
  return app;

  function allowed(c: Context): boolean {
    const origin = c.req.header('origin');
    // A cookie travels with any page of the same site: what the page may do is a matter of its origin.
    const known = (sessions.get(getCookie(c, SESSION) ?? '') ?? 0) > Date.now();
    if (known && (!origin || origins.includes(origin))) return true;
    return equal(c.req.header('authorization') ?? '', `Bearer ${token}`);
  }
}

/** Seen in the Web UI, which sends cookies to another origin only when told to. */
const SIGNED_IN =
  'This browser may decrypt. In the Temporal Web UI, at Codec Server (glasses, top right), choose your browser setting, ' +
  'enter the address of this page, and switch on "Include cross-origin credentials".';
const WAYS_IN =
  'not signed in: open the codec server in this browser, and have the Web UI include cross-origin credentials; or send the token';

/**
 * Behind TLS the Web UI may stand on another site, and its requests bring the cookie all the same: whose pages get an
 * answer is a matter of `origins`. Without TLS browsers refuse such a cookie, and the Web UI has to be on this site: both
 * at 127.0.0.1, or both at localhost.
 */
function reach(c: Context): { sameSite: 'None' | 'Lax'; secure: boolean } {
  const secure = new URL(c.req.url).protocol === 'https:' || c.req.header('x-forwarded-proto') === 'https';
  return { sameSite: secure ? 'None' : 'Lax', secure };
}

/** In a time that does not depend on how much of it is right. */
function equal(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function page(said: string | undefined) {
  return html`<!doctype html>
    <html lang="en">
      <title>Codec server</title>
      <h1>Codec server</h1>
      <p role="status">${said ?? 'Sign in, and the Temporal Web UI shows in this browser what is encrypted.'}</p>
      <form method="post">
        <label>Token <input type="password" name="token" required autocomplete="current-password" /></label>
        <button>Sign in</button>
      </form>
    </html>`;
}
