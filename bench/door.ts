import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Door {
  url: string;
  /** When the last request came through, on performance.now's clock. */
  usedAt: number;
  close(): void;
}

/** A door of its own to a server: tells which process asks, where all of them are the same to the server. */
export async function openDoor(target: string): Promise<Door> {
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    door.usedAt = performance.now();
    const { method, url: path, headers } = incoming;
    const passed = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.on('error', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const path = new URL(target).pathname;
  const door: Door = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    usedAt: -Infinity,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return door;
}
