import { Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { UserError } from '../lib/errors.ts';
import { isPortFree } from '../lib/ports.ts';
import { temporalLogger } from './log.ts';
import { BUCKETS } from './metrics.ts';

/**
 * Installs the SDK's runtime, once and before anything else of the SDK: its lines go to our log, and where `metricsAddress`
 * is set, its metrics and ours are served there at `/metrics` for Prometheus.
 * Throws a UserError where the address is taken.
 */
export async function installRuntime(logger: Logger, metricsAddress: string | undefined): Promise<Runtime> {
  const metrics = metricsAddress === undefined ? {} : { metrics: await prometheusAt(metricsAddress) };
  Runtime.install({
    logger: temporalLogger(logger),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} }, ...metrics },
  });
  return Runtime.instance();
}

async function prometheusAt(bindAddress: string) {
  const { hostname, port } = new URL(`http://${bindAddress}`);
  if (!(await isPortFree(Number(port), hostname.replace(/^\[|\]$/g, '')))) {
    throw UserError.failure('metrics_address_taken', `METRICS_ADDRESS ${bindAddress} is taken by another program`, {
      hint: 'Each worker needs an address of its own; choose another port.',
    });
  }
  return {
    prometheus: {
      bindAddress,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: BUCKETS,
    },
  };
}
