import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server.js';

export const TOKEN = 'test-token';

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // The tests look into answers of many shapes; asserting is their business.
  body: any;
}

let running: Sandbox[] = [];

/** A sandbox on a free port; `stopAll` in an `afterEach` ends it. */
export async function start(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ token: TOKEN, team: false, ...options });
  running.push(sandbox);
  return sandbox;
}

export async function stopAll(): Promise<void> {
  const ending = running;
  running = [];
  await Promise.all(ending.map((sandbox) => sandbox.close()));
}

export async function send(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const prefix = /^\/(_sandbox|payments)/.test(path) ? '' : '/api/v1';
  const response = await fetch(`${sandbox.url}${prefix}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'user-agent': 'test/1.0',
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
}

/** The n-th uid: of the documented shape, and no valid RFC 9562 UUID. */
export const uid = (n: number): string => `202cb962-ac59-075b-064b-${n.toString(16).padStart(12, '0')}`;

export const item = (n: number, fields: object = {}): { uid: string; fields: Record<string, unknown> } => ({
  uid: uid(n),
  fields: { title: `Task ${n}`, ...fields },
});

export async function until(holds: () => boolean, what: string, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
