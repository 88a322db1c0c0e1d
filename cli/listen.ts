import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { CliError } from './output.js';

export interface Listening {
  url: string;
  /** Lets what has been received be answered first, for as long as a request may take; then no connection is left. */
  close(): Promise<void>;
}

/** Something received is small: whoever takes longer to send it holds a connection for nothing. */
const REQUEST_MS = 10_000;

export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { port, host, graceMs = REQUEST_MS }: { port: number; host: string; graceMs?: number },
): Promise<Listening> {
  const server = createAdaptorServer({ fetch, serverOptions: { requestTimeout: REQUEST_MS } });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(explained(error, { port, host }));
    });
    server.listen(port, host, resolve);
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        // A server that is closing no longer times its requests: one that never comes would be waited for without end.
        const late = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), graceMs);
        late.unref();
        server.close(() => {
          clearTimeout(late);
          resolve();
        });
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      }),
  };
}

/** A port that is taken, in words for whoever chose it; any other failure as it is. */
export function explained(error: unknown, { port, host }: { port: number; host: string }): unknown {
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  return taken ? new CliError(`port ${port} of ${host} is taken: choose another with --port`) : error;
}
