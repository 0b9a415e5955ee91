import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { envDetectorSync, Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';
import { cleanSpans } from './clean-spans.ts';

/**
 * Traces from a run to the calls to Slack, sent by OTLP over HTTP. Where to, with which headers and under which name is
 * OpenTelemetry's own configuration: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`…
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function startTracing() {
  const resource = new Resource({ 'service.name': 'slack-reports' }).merge(envDetectorSync.detect());
  const spanProcessor = new BatchSpanProcessor(cleanSpans(new OTLPTraceExporter()));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register();
  return {
    /** For every worker and bundle: spans of workflows and activities, joined by a header in the workflow's history. */
    plugin: new OpenTelemetryPlugin({ resource, spanProcessor }),
    /** Sends what is left. */
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}
