import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { log } from '@temporalio/activity';
import type { OnSlackCall } from '../slack/client.ts';
import type { Metrics } from './metrics.ts';

/** Measures every request to Slack, and says in the log when Slack asks to wait. For calls within activities. */
export function measureSlackCalls(metrics: Metrics): OnSlackCall {
  return async (method, send) => {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1_000;
    try {
      const response = await send();
      metrics.called({ method, status: response.status, seconds: seconds() });
      if (response.status === 429) {
        log.warn('Slack asks to wait', { method, retryAfterSeconds: Number(response.headers.get('retry-after')) });
      }
      return response;
    } catch (error) {
      metrics.called({ method, status: undefined, seconds: seconds() });
      throw error;
    }
  };
}

/** A span around each request to Slack with its method and status, and nothing that was said. */
export const traceSlackCall: OnSlackCall = (method, send) => {
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

/** Both, the first around the second. */
export function around(outer: OnSlackCall, inner: OnSlackCall): OnSlackCall {
  return (method, send) => outer(method, () => inner(method, send));
}
