import { UserError } from '../lib/errors.ts';
import { installCommand, missingPackages } from '../lib/optional-packages.ts';

/** Optional peers of ours: most workers send no traces. */
const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-node',
  '@temporalio/interceptors-opentelemetry',
];

/**
 * Starts tracing, and loads OpenTelemetry for it.
 * @throws UserError `missing_packages` when OpenTelemetry is not installed.
 */
export async function startTracing() {
  const missing = missingPackages(PACKAGES);
  if (missing.length > 0) {
    throw UserError.input('missing_packages', `Traces need packages that are not installed: ${missing.join(', ')}`, {
      hint: `Install them with \`${installCommand(missing)}\`, or unset OTEL_EXPORTER_OTLP_ENDPOINT.`,
    });
  }
  const { startOpenTelemetry } = await import('./opentelemetry.ts');
  return startOpenTelemetry();
}
