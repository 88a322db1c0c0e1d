/** A gRPC server in Temporal's place that answers with a status and no more, and keeps who asked. */
import { createSecureServer, createServer, type Http2Server, type SecureServerOptions } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface Call {
  path: string;
  authorization?: string;
  /** Common name of the client's certificate. */
  client?: string;
  /** As the client gives it; absent where it would wait for ever. */
  timeout?: string;
}

export interface TemporalStub {
  port: number;
  calls: Call[];
  close(): Promise<void>;
}

const OK = 0;

/** For each call by its method's name. What is answered with silence stays open. */
type Statuses = (method: string) => number | 'silence';

/**
 * One status is that of every call but GetSystemInfo, by which a client learns that it is there: only a function refuses
 * that too. Over TLS where `tls` is given. It has no features to tell of.
 */
export async function startTemporalStub(status: number | Statuses, tls?: SecureServerOptions): Promise<TemporalStub> {
  const server: Http2Server = tls ? createSecureServer(tls) : createServer();
  const calls: Call[] = [];
  server.on('stream', (stream, headers) => {
    const path = String(headers[':path']);
    const certificate = (stream.session?.socket as TLSSocket | undefined)?.getPeerCertificate?.();
    calls.push({
      path,
      authorization: headers.authorization,
      client: certificate?.subject?.CN as string | undefined,
      timeout: headers['grpc-timeout'] as string | undefined,
    });
    const method = path.slice(path.lastIndexOf('/') + 1);
    const code = typeof status === 'function' ? status(method) : method === 'GetSystemInfo' ? OK : status;
    if (code === 'silence') return;
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', ...(code === OK ? {} : { 'grpc-status': String(code) }) },
      { waitForTrailers: code === OK, endStream: code !== OK },
    );
    if (code !== OK) return;
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    // An answer without a field: not compressed, no bytes.
    stream.end(Buffer.alloc(5));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
