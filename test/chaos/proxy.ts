import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A wire that can be cut, slowed and frozen: plain TCP, between whoever connects here and `target`. */
export class Proxy {
  /** Told of the start of each chunk that a client sends, when it sends it. */
  onChunk?: (start: string) => void;
  port = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private refusing = 0;
  private latencyMs = 0;
  private frozen?: Promise<void>;

  private constructor(private readonly target: () => number) {
    this.server = createServer((client) => this.join(client));
  }

  /** `target` is asked for the port at each connection. */
  static async open(target: () => number): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    const address = proxy.server.address();
    if (typeof address === 'object' && address) proxy.port = address.port;
    return proxy;
  }

  /** Breaks every connection, and takes no new one for so long. */
  async cut(forMs: number): Promise<void> {
    this.refusing += 1;
    for (const socket of this.sockets) socket.destroy();
    await sleep(forMs);
    this.refusing -= 1;
  }

  /** Everything arrives later, in both directions. */
  async delay(forMs: number, latencyMs: number): Promise<void> {
    this.latencyMs = latencyMs;
    await sleep(forMs);
    this.latencyMs = 0;
  }

  /** Nothing arrives, and nobody is told. What was sent meanwhile arrives afterwards. */
  async stall(forMs: number): Promise<void> {
    this.frozen = sleep(forMs);
    await this.frozen;
    this.frozen = undefined;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(client: Socket): void {
    if (this.refusing > 0) return void client.destroy();
    const server = connect(this.target(), '127.0.0.1');
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      // Each 'error' is followed by 'close'.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => this.onChunk?.(chunk.toString('latin1', 0, 40)));
    this.forward(client, server);
    this.forward(server, client);
  }

  private forward(from: Socket, to: Socket): void {
    let before = Promise.resolve();
    const after = (pass: () => void): void => {
      const due = performance.now() + this.latencyMs;
      before = before.then(async () => {
        const wait = due - performance.now();
        if (wait > 0) await sleep(wait);
        await this.frozen;
        if (!to.destroyed) pass();
      });
    };
    from.on('data', (chunk: Buffer) => after(() => to.write(chunk)));
    from.on('end', () => after(() => to.end()));
  }
}
