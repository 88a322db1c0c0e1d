/** All of OpenTelemetry that a process loads, where traces are asked for (see tracing.ts). */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  context,
  createContextKey,
  trace,
  type Span,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Resource, envDetectorSync } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
  makeWorkflowExporter,
} from '@temporalio/interceptors-opentelemetry';
import type { Trace } from '../fragment/trace.js';
import { PrivateExporter } from './span-privacy.js';
import type { Tracing } from './tracing.js';

/** A collector that does not answer must not keep a process that wants to end. */
const FLUSH_MS = 2_000;

let opened: Tracing | undefined;

/** Once for a process. The exporter, the resource and the sampler read the other OTEL_* variables themselves. */
export function openTelemetry(warn: (message: string) => void): Tracing {
  opened ??= start(warn);
  return opened;
}

function start(warn: (message: string) => void): Tracing {
  const resource = Resource.default()
    .merge(new Resource({ 'service.name': 'fragment-flows' }))
    .merge(envDetectorSync.detect());
  const processor = new BatchSpanProcessor(new PrivateExporter(new OTLPTraceExporter(), warn));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  provider.register({ contextManager: new AsyncLocalStorageContextManager() });
  return {
    client: { workflow: [new OpenTelemetryWorkflowClientInterceptor()] },
    activity: (activity) => ({
      inbound: new OpenTelemetryActivityInboundInterceptor(activity),
      outbound: new OpenTelemetryActivityOutboundInterceptor(activity),
    }),
    sinks: { exporter: { ...makeWorkflowExporter(processor, resource) } },
    fragment: requestTrace,
    flush: () => Promise.race([processor.forceFlush(), sleep(FLUSH_MS, undefined, { ref: false })]),
  };
}

const ASKERS = createContextKey('who asks Fragment');

/**
 * A request is a child of the activity that has waited longest for it, and linked both ways to every activity that it
 * carries a write of: whichever claim is looked at, its request is one click away.
 */
const requestTrace: Trace = {
  asker: () => trace.getActiveSpan(),
  onBehalfOf(askers, send) {
    const spans = [...new Set(askers)].filter((span) => span !== undefined) as Span[];
    const [first] = spans;
    // Not in the context of whoever happened to wake the gateway.
    const own = (first ? trace.setSpan(ROOT_CONTEXT, first) : ROOT_CONTEXT).setValue(ASKERS, {
      spans,
      count: askers.length,
    });
    return context.with(own, send);
  },
  request(method, path, send) {
    const { spans = [], count = 1 } = (context.active().getValue(ASKERS) ?? {}) as { spans?: Span[]; count?: number };
    const options = {
      kind: SpanKind.CLIENT,
      attributes: { 'http.request.method': method, 'url.template': path, 'fragment.askers': count },
      links: spans.map((span) => ({ context: span.spanContext() })),
    };
    return trace.getTracer('fragment-flows').startActiveSpan(`${method} ${path}`, options, async (span) => {
      for (const asker of spans) asker.addLink({ context: span.spanContext() });
      try {
        const answer = await send();
        span.setAttribute('http.response.status_code', answer.status);
        if (answer.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
        return answer;
      } catch (error) {
        // Its message and its stack stay here: axios keeps the token in its errors.
        span.setAttribute('error.type', (error as { code?: string }).code ?? 'unknown');
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
  },
};
