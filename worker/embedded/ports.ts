import { createServer } from 'node:net';

/** Resolves to the port (a free one for 0), or undefined if it is taken. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const bound = probe.address();
      probe.close(() => resolve(typeof bound === 'object' ? bound?.port : undefined));
    });
  });
}

/** Handed out and perhaps not bound yet: two servers started at once in this process must not get the same one. */
const handedOut = new Set<number>();

/** The preferred port if it is free, because people know it by heart; else any free one. */
export async function freePort(preferred: number): Promise<number> {
  for (const candidate of [preferred, 0, 0, 0]) {
    if (candidate !== 0 && handedOut.has(candidate)) continue;
    const port = await tryPort(candidate);
    if (port === undefined || handedOut.has(port)) continue;
    handedOut.add(port);
    setTimeout(() => handedOut.delete(port), 30_000).unref();
    return port;
  }
  throw new Error('no free TCP port on 127.0.0.1: close what listens there');
}

export async function isTaken(port: number): Promise<boolean> {
  return (await tryPort(port)) === undefined;
}
