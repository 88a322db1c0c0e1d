import { Client, Connection, type ClientOptions, type ConnectionOptions } from '@temporalio/client';
import { connectConfig } from '../codec/connect-config.js';
import { dataConverter } from '../codec/data-converter.js';
import { codeOf } from './call.js';
import { TemporalRefusedError, TemporalUnreachableError } from './errors.js';

export interface Connected {
  client: Client;
  close: () => Promise<void>;
}

/** A client that connects when it is first used: for a server that must answer while Temporal is away. */
export function connectLazily(options: Pick<ClientOptions, 'dataConverter'> = {}): Connected {
  const { connectionOptions, namespace } = connectConfig();
  const connection = Connection.lazy({ ...(connectionOptions as ConnectionOptions), connectTimeout: CONNECT_TIMEOUT });
  const encrypted = { dataConverter: dataConverter(process.env.PAYLOAD_KEYS) };
  return { client: new Client({ connection, namespace, ...encrypted, ...options }), close: () => connection.close() };
}

/** Long enough for a TLS handshake across an ocean, short enough for a person at a prompt. */
const CONNECT_TIMEOUT = '5 seconds';

/**
 * A Temporal client by `TEMPORAL_*` and `temporal.toml`; where they name no server, the one on this machine. What it
 * sends is encrypted where PAYLOAD_KEYS is set, unless a data converter of your own is given. Where
 * OTEL_EXPORTER_OTLP_ENDPOINT is set, its calls are spans of the OpenTelemetry SDK that this process has registered.
 * @throws TemporalUnreachableError where nobody answers within five seconds; TemporalRefusedError; TemporalConfigError; PayloadKeysError.
 */
export async function connect(options: Pick<ClientOptions, 'dataConverter'> = {}): Promise<Connected> {
  const { connectionOptions, namespace = 'default' } = connectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  const encrypted = { dataConverter: dataConverter(process.env.PAYLOAD_KEYS) };
  const interceptors = await tracing();
  try {
    const connection = await Connection.connect({
      ...(connectionOptions as ConnectionOptions),
      address,
      connectTimeout: CONNECT_TIMEOUT,
    });
    const client = new Client({ connection, namespace, interceptors, ...encrypted, ...options });
    return { client, close: () => connection.close() };
  } catch (error) {
    const code = refusal(error);
    if (code) throw new TemporalRefusedError(address, namespace, code, { cause: error });
    throw new TemporalUnreachableError(address, { cause: error });
  }
}

/** gRPC's name for not taking credentials, where that is what came of connecting. */
function refusal(error: unknown): string | undefined {
  const codes: Record<number, string> = { 7: 'PERMISSION_DENIED', 16: 'UNAUTHENTICATED' };
  return codes[codeOf(error) ?? 0];
}

/** A process that has registered no SDK loses the spans, and nothing else. */
async function tracing(): Promise<ClientOptions['interceptors']> {
  if (!process.env.OTEL_EXPORTER_OTLP_ENDPOINT) return undefined;
  const { OpenTelemetryWorkflowClientInterceptor } = await import('@temporalio/interceptors-opentelemetry');
  return { workflow: [new OpenTelemetryWorkflowClientInterceptor()] };
}
