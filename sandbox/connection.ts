import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';

/** Breaks the connection without an answer. The response that is returned reaches nobody. */
export function dropConnection(c: Context): Response {
  const node: Partial<HttpBindings> | undefined = c.env;
  node?.incoming?.socket.destroy();
  return new Response(null, { status: 500 });
}

/** Missing and wrong are one answer: which of them it is would not help whoever has no token. */
export function authorized(c: Context, token: string): boolean {
  return c.req.header('authorization') === `Bearer ${token}`;
}

/** What needs no token must not be reachable from a web page of another origin that happens to be open in the same browser. */
export const sameOrigin: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header('origin');
  if (c.req.method !== 'GET' && origin && origin !== `http://${c.req.header('host')}`) {
    return c.text(`refused: the request comes from ${origin}`, 403);
  }
  return next();
};

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
