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

/** Both, the first around the second. */
export function around(outer: OnSlackCall, inner: OnSlackCall): OnSlackCall {
  return (method, send) => outer(method, () => inner(method, send));
}
