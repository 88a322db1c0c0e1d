import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { listen } from '../../cli/listen.js';

describe('a server of the command line', function () {
  this.timeout(30_000);
  let sockets: Socket[];
  beforeEach(() => (sockets = []));
  afterEach(() => sockets.forEach((socket) => socket.destroy()));

  /** A connection that has sent this. */
  async function send(url: string, text: string): Promise<Socket> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    await once(socket, 'connect');
    if (text) await new Promise((sent) => socket.write(text, sent));
    return socket;
  }

  it('closes while connections are open that have sent nothing, or half a request', async () => {
    const server = await listen(() => new Response(), { port: 0, host: '127.0.0.1', graceMs: 100 });
    const silent = [
      await send(server.url, ''),
      await send(server.url, 'POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf'),
    ];
    const dropped = silent.map(
      (socket) =>
        new Promise((closed) =>
          socket
            .on('error', () => undefined)
            .on('close', closed)
            .resume(),
        ),
    );
    await server.close();
    await Promise.all(dropped);
  });

  it('answers first what it has received', async () => {
    const requests = new EventEmitter();
    const asked = once(requests, 'asked');
    const server = await listen(
      async () => {
        requests.emit('asked');
        await once(requests, 'answer');
        return new Response('taken');
      },
      { port: 0, host: '127.0.0.1' },
    );
    const socket = await send(server.url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const received = once(socket, 'data');
    await asked;
    const closed = server.close();
    // Not at once: whatever closing does at once has happened.
    setTimeout(() => requests.emit('answer'), 100);
    assert.match(String((await received)[0]), /taken/);
    socket.destroy();
    await closed;
  });
});
