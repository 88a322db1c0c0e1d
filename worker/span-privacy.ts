import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { claimIdOf } from '../workflows/claim/contract.js';

/** Attributes that say where and what, by the names that leave. Temporal's workflow spans would bring the whole memo. */
const ALLOWED: Record<string, string> = {
  temporalWorkflowId: 'temporalWorkflowId',
  workflowId: 'temporalWorkflowId',
  run_id: 'run_id',
  runId: 'run_id',
  temporalActivityId: 'temporalActivityId',
  workflowType: 'workflowType',
  taskQueue: 'taskQueue',
  namespace: 'namespace',
  'http.request.method': 'http.request.method',
  'http.response.status_code': 'http.response.status_code',
  'url.template': 'url.template',
  'error.type': 'error.type',
  'fragment.askers': 'fragment.askers',
};

/** OpenTelemetry's ExportResultCode. */
const SUCCESS = 0;

/**
 * Lets nothing personal out: of attributes, those that are named here; of an error, its kind, because its message may
 * quote what a person wrote. Spans of a claim are given its id.
 */
export class PrivateExporter implements SpanExporter {
  private failing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly warn: (message: string) => void,
  ) {}

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.exporter.export(
      spans.map((span) => withoutPeople(span)),
      (result) => {
        const failing = (result.code as number) !== SUCCESS;
        if (failing && !this.failing) {
          this.warn('traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT: spans are lost until they can');
        }
        this.failing = failing;
        // The SDK would print the failure, which may hold the collector's answer.
        done({ code: SUCCESS });
      },
    );
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}

function withoutPeople(span: ReadableSpan): ReadableSpan {
  const attributes = Object.fromEntries(
    Object.entries(span.attributes).flatMap(([name, value]) => (ALLOWED[name] ? [[ALLOWED[name], value]] : [])),
  );
  const claimId = claimIdOf(String(attributes.temporalWorkflowId ?? ''));
  if (claimId) attributes['claim.id'] = claimId;
  const events = span.events.map(({ name, time, attributes: said }) => ({
    name,
    time,
    attributes: { 'exception.type': said?.['exception.type'] },
  }));
  // A span's properties may stand on its class, where a copy would not find them.
  return Object.create(span, {
    attributes: { value: attributes },
    events: { value: events },
    status: { value: { code: span.status.code } },
  }) as ReadableSpan;
}
