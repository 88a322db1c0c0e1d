import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory, WorkerOptions } from '@temporalio/worker';
import type { Trace } from '../fragment/trace.js';
import type { Config } from './config.js';

/** What each part takes to be traced. */
export interface Tracing {
  client: { workflow: WorkflowClientInterceptor[] };
  activity: ActivityInterceptorsFactory;
  sinks: WorkerOptions['sinks'];
  fragment: Trace;
  /** Sends what has not been sent yet, for two seconds at most. */
  flush(): Promise<void>;
}

/** Where OTEL_EXPORTER_OTLP_ENDPOINT is set; else nothing of OpenTelemetry is even loaded. `warn` learns when spans are lost. */
export async function openTracing(
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: Pick<Config, 'OTEL_EXPORTER_OTLP_ENDPOINT'>,
  warn: (message: string) => void,
): Promise<Tracing | undefined> {
  if (!endpoint) return undefined;
  const { openTelemetry } = await import('./open-telemetry.js');
  return openTelemetry(warn);
}
