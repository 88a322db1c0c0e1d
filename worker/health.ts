import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Whether it holds: yes or no, or the good state that it is in. A rejection is a no. */
export type Check = () => boolean | string | Promise<boolean | string>;
export type Checks = Record<string, Check>;

export interface Health {
  port: number;
  close(): Promise<void>;
}

/** An orchestrator gives a probe a second or more, and asks again; a check that takes longer has failed. */
export const CHECK_MS = 800;

/**
 * `/livez`: nothing has failed that only a restart mends. `/readyz`: this process does its work. 503 where a check does not
 * hold. Each answers JSON that names every check, and asks nobody who they are: there is nothing else to read. Without a
 * port nothing is served.
 *
 * Listens on every address, because an orchestrator asks from outside the machine's own loopback.
 */
export async function serveHealth(
  port: number | undefined,
  probes: { live: Checks; ready: Checks },
): Promise<Health | undefined> {
  if (port === undefined) return undefined;
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const checks = path === '/livez' ? probes.live : path === '/readyz' ? probes.ready : undefined;
    if (checks) void outcome(checks).then((found) => answer(response, found.ok ? 200 : 503, found));
    else answer(response, 404, { error: 'ask for /livez or /readyz' });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'is taken: choose another' : `cannot be listened on: ${cause.message}`;
      reject(new Error(`HEALTH_PORT: port ${port} ${why}`, { cause }));
    });
    server.listen(port, resolve);
  });
  // A forgotten probe must not keep a stopped worker's process.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function outcome(checks: Checks): Promise<{ ok: boolean; checks: Record<string, string> }> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await verdict(check)] as const),
  );
  return {
    ok: results.every(([, { holds }]) => holds),
    checks: Object.fromEntries(results.map(([name, { said }]) => [name, said])),
  };
}

async function verdict(check: Check): Promise<{ holds: boolean; said: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${CHECK_MS} ms`), CHECK_MS);
  }).then((said) => ({ holds: false, said }));
  // What the failure said stays in: it may name hosts, and whoever may ask is not known.
  const found = Promise.resolve()
    .then(check)
    .then((state) => ({ holds: state !== false, said: state === true ? 'ok' : state || 'not ready' }))
    .catch(() => ({ holds: false, said: 'failed' }));
  try {
    return await Promise.race([found, late]);
  } finally {
    clearTimeout(timer);
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
