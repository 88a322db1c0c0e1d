import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NativeConnection } from '@temporalio/worker';

/** What has to hold for this process to do its work; false, or a rejection, is the reason to send nothing here. */
export type Checks = Record<string, () => boolean | Promise<boolean>>;

export interface Health {
  port: number;
  close(): Promise<void>;
}

/** An orchestrator gives a probe a second or more, and asks again; a check that takes longer has failed. */
const CHECK_MS = 800;

/**
 * `/livez`: the process turns. `/readyz`: every check holds; 503 where one does not. Each answers JSON that names every
 * check, and asks nobody who they are: there is nothing else to read. Without a port nothing is served.
 *
 * Listens on every address, because an orchestrator asks from outside the machine's own loopback.
 */
export async function serveHealth(port: number | undefined, checks: Checks): Promise<Health | undefined> {
  if (port === undefined) return undefined;
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/livez') answer(response, 200, { ok: true });
    else if (path === '/readyz') void readiness(checks).then((ready) => answer(response, ready.ok ? 200 : 503, ready));
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

/** Temporal's own health service says that it serves. */
export async function temporalServes(connection: NativeConnection): Promise<boolean> {
  const { status } = await connection.withDeadline(Date.now() + CHECK_MS, () =>
    connection.healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' }),
  );
  // gRPC's health protocol: 1 is SERVING.
  return (status as number) === 1;
}

async function readiness(checks: Checks): Promise<{ ok: boolean; checks: Record<string, string> }> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await verdict(check)] as const),
  );
  return { ok: results.every(([, said]) => said === 'ok'), checks: Object.fromEntries(results) };
}

async function verdict(check: Checks[string]): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${CHECK_MS} ms`), CHECK_MS);
  });
  // What the failure said stays in: it may name hosts, and whoever may ask is not known.
  const said = Promise.resolve()
    .then(check)
    .then((holds) => (holds ? 'ok' : 'not ready'))
    .catch(() => 'failed');
  try {
    return await Promise.race([said, late]);
  } finally {
    clearTimeout(timer);
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
