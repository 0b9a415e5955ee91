import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { envDetectorSync, Resource } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanExporter,
  type TimedEvent,
} from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';
import { type Attributes, type Span, SpanKind, type SpanStatus, SpanStatusCode, trace } from '@opentelemetry/api';
import { redact } from '../lib/redact.ts';
import type { OnSlackCall } from '../slack/client.ts';

/**
 * Traces from a run to the calls to Slack, sent by OTLP over HTTP. Where to, with which headers and under which name is
 * OpenTelemetry's own configuration: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`…
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function startOpenTelemetry() {
  const resource = new Resource({ 'service.name': 'slack-reports' }).merge(envDetectorSync.detect());
  const spanProcessor = new BatchSpanProcessor(cleanSpans(new OTLPTraceExporter()));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register();
  return {
    /** For every worker and bundle: spans of workflows and activities, joined by a header in the workflow's history. */
    plugin: new OpenTelemetryPlugin({ resource, spanProcessor }),
    traceSlackCall,
    /** Sends what is left. */
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}

/** A span around each request to Slack with its method and status, and nothing that was said. */
const traceSlackCall: OnSlackCall = (method, send) => {
  const attributes = { 'rpc.system': 'slack', 'rpc.method': method };
  return trace
    .getTracer('slack-reports')
    .startActiveSpan(`Slack ${method}`, { kind: SpanKind.CLIENT, attributes }, (span) => watch(span, send));
};

async function watch(span: Span, send: () => Promise<Response>): Promise<Response> {
  try {
    const response = await send();
    span.setAttribute('http.response.status_code', response.status);
    if (!response.ok) span.setStatus({ code: SpanStatusCode.ERROR });
    return response;
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'no answer' });
    throw error;
  } finally {
    span.end();
  }
}

/**
 * What a span may say of itself. The SDK's interceptors put all of a workflow's info on each of its spans: its memo, search
 * attributes, the result and failure of the previous run, and some thirty more.
 */
const KEPT: ReadonlySet<string> = new Set([
  'workflowId',
  'runId',
  'workflowType',
  'taskQueue',
  'namespace',
  'attempt',
  // The same of an activity: https://github.com/temporalio/sdk-typescript/tree/main/contrib/interceptors-opentelemetry
  'temporalWorkflowId',
  'dispatch_id',
  'temporalActivityId',
  // Ours: slack-calls.ts
  'rpc.system',
  'rpc.method',
  'http.response.status_code',
]);

/**
 * Sends spans on with those attributes alone, and with what looks like a secret blotted out of their errors: the SDK
 * records an activity's error before ours has redacted it.
 */
function cleanSpans(exporter: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => exporter.export(spans.map(clean), done),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

/** The span itself stays as it is: its spanContext is a method of its class. */
function clean(span: ReadableSpan): ReadableSpan {
  const attributes = Object.fromEntries(Object.entries(span.attributes).filter(([name]) => KEPT.has(name)));
  return Object.create(span, {
    attributes: { value: attributes, enumerable: true },
    events: { value: span.events.map(withoutSecrets), enumerable: true },
    status: { value: redactStatus(span.status), enumerable: true },
  }) as ReadableSpan;
}

function redactStatus({ code, message }: SpanStatus): SpanStatus {
  return message === undefined ? { code } : { code, message: redact(message) };
}

function withoutSecrets(event: TimedEvent): TimedEvent {
  return event.attributes === undefined ? event : { ...event, attributes: redactAll(event.attributes) };
}

function redactAll(attributes: Attributes): Attributes {
  const entries = Object.entries(attributes);
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === 'string' ? redact(value) : value]));
}
