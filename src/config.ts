import { isIP } from 'node:net';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { z } from 'zod';
import { type CodecKeys, readCodecKeys } from './codec/keys.ts';
import { TASK_QUEUE } from './contract/ids.ts';
import { isOwner, OWNER_FORM } from './domain/owner.ts';
import { UserError, messageOf } from './lib/errors.ts';
import { isHttpsOrLoopback, isListenAddress, type ListenAddress, toListenAddress } from './lib/addresses.ts';
import { parseDuration } from './lib/duration.ts';
import { isDatabaseUrl } from './lib/database-url.ts';
import { knowPasswordOf, knowSecret } from './lib/known-secrets.ts';
import { findSample, type Sample } from './reports/sample.ts';
import type { LogLevel } from './observability/log.ts';
import type { SlackSettings } from './slack/client.ts';
import type { Pace } from './store/pacing.ts';

/** Slack's Web API. https://docs.slack.dev/apis/web-api */
const SLACK_API_URL = 'https://slack.com/api/';
/** Where `npm start` puts the local Slack sandbox when no token is configured. */
const SANDBOX_URL = 'http://127.0.0.1:4747';
/** The server's own default address: what `temporal server start-dev` listens on. */
const TEMPORAL_ADDRESS = 'localhost:7233';

/** Everything that a process needs to know about its surroundings, read once at start. */
export interface Config {
  readonly temporal: {
    /** Options for `Connection.connect` and `NativeConnection.connect`: address, TLS, API key. */
    readonly connection: NativeConnectionOptions & { address: string };
    readonly namespace: string;
    readonly taskQueue: string;
    /** What these workers are a version of; undefined runs them without worker versioning. */
    readonly deployment?: { readonly deploymentName: string; readonly buildId: string } | undefined;
    /** Keys that payloads are encrypted with; undefined where they are not. */
    readonly codecKeys?: CodecKeys | undefined;
  };
  /** `sqlite:path/to/file.db` or `postgres://user:password@host/database`. */
  readonly databaseUrl: string;
  readonly slack: SlackSettings & {
    /** How long after an answer was lost the channel is read to see whether the message is there, in milliseconds. */
    readonly settleMs: number;
  };
  /** Folder of reports of one's own, and of queries; undefined where none is set. */
  readonly reportsFolder: string | undefined;
  /** Folder of sources of notifications; undefined where none is set. */
  readonly sourcesFolder: string | undefined;
  /** Undefined unless `npm start` added the sample to this store. */
  readonly sample: Sample | undefined;
  /** Whether reports say in small print why they came. */
  readonly footer: boolean;
  /** Deliveries try a local activity first: half the history, and nothing of it in the Web UI where that succeeds. */
  readonly fastPath: boolean;
  /** How fast Slack may be posted to. */
  readonly pace: Pace;
  /** How many deliveries of one run may be under way at once. On two cores more than 50 is slower. */
  readonly concurrency: number;
  /** File of the workflow bundle that `npm run build` made; undefined bundles at start. */
  readonly workflowBundle: string | undefined;
  /** The addresses that people are shown for looking at runs; undefined where none is known. */
  readonly webUiUrl: string | undefined;
  /** Where the worker answers /livez and /readyz; undefined where it does not. */
  readonly healthAddress: ListenAddress | undefined;
  /** Where the worker serves its metrics, host:port; undefined serves none. */
  readonly metricsAddress: string | undefined;
  /** Traces are sent to where OpenTelemetry's own settings say. */
  readonly tracing: boolean;
  readonly logLevel: LogLevel;
  /** Who is told in Slack about deliveries without an owner that do not arrive: `C0OPS` or `ops/C0OPS`; undefined: no one. */
  readonly owner: string | undefined;
  /** Asked by GET after each run of a schedule that claimed; undefined asks nothing. */
  readonly heartbeatUrl: string | undefined;
  /** Deliveries older than this are deleted from the ledger once a day, in milliseconds; undefined keeps all. */
  readonly ledgerRetentionMs: number | undefined;
}

/** The shortest retention of the ledger, in milliseconds: a run may last for days, and people look back a week. */
export const PRUNE_MIN_MS = 7 * 86_400_000;

/** A Slack token is sent to this address, so it is https, or a loopback address where it never leaves the machine. */
const slackUrl = z
  .url({ error: 'is not a URL', abort: true })
  .refine(isHttpsOrLoopback, 'must be https, or http on a loopback address');

const variables = z.object({
  DATABASE_URL: z
    .string()
    .default('sqlite:data/slack-reports.db')
    .refine(
      isDatabaseUrl,
      'must look like sqlite:path/to/file.db or postgres://user:password@host/database; an sslmode is one of disable, prefer, require, verify-ca, verify-full and no-verify',
    ),
  SLACK_API_URL: slackUrl.default(SLACK_API_URL),
  SLACK_SANDBOX_URL: slackUrl.default(SANDBOX_URL),
  // "No more than one message per second per channel": https://docs.slack.dev/apis/web-api/rate-limits
  SLACK_CHANNEL_INTERVAL_MS: z.coerce
    .number('must be a number')
    .int('must be whole')
    .min(0, 'is below 0')
    .default(1_000),
  // "Several hundred messages per minute" for a workspace: https://docs.slack.dev/reference/methods/chat.postMessage
  SLACK_WORKSPACE_PER_MINUTE: z.coerce.number('must be a number').min(0, 'is below 0').default(300),
  SLACK_REPORTS_CONCURRENCY: z.coerce.number('must be a number').int('must be whole').min(1, 'is below 1').default(50),
  // The call's own time-out of 15 s, and 30 s for Slack to show a message in the history of its channel.
  SLACK_SETTLE_SECONDS: z.coerce.number('must be a number').min(1, 'must be at least 1').default(45),
  SLACK_REPORTS_TOKEN_RESOLVER: z.string().optional(),
  SLACK_REPORTS_CODEC_KEYS: z.string().optional(),
  SLACK_REPORTS_DIR: z.string().optional(),
  SLACK_REPORTS_SOURCES_DIR: z.string().optional(),
  SLACK_REPORTS_FOOTER: z.enum(['on', 'off'], 'must be on or off').default('on'),
  SLACK_REPORTS_FAST_PATH: z.enum(['on', 'off'], 'must be on or off').default('off'),
  SLACK_REPORTS_TASK_QUEUE: z.string().min(1, 'is empty').default(TASK_QUEUE),
  SLACK_REPORTS_WORKFLOW_BUNDLE: z.string().optional(),
  TEMPORAL_UI_URL: z.url('is not a URL').optional(),
  // The names of Temporal's own Worker Controller. The server divides a version's name and build id by these characters.
  TEMPORAL_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[^.:]+$/, 'must not contain "." or ":"')
    .optional(),
  TEMPORAL_WORKER_BUILD_ID: z.string().optional(),
  HEALTH_ADDRESS: z.string().refine(isListenAddress, 'must look like 127.0.0.1:8088').optional(),
  METRICS_ADDRESS: z
    .string()
    .transform((text) => (/^\d+$/.test(text) ? `127.0.0.1:${text}` : text))
    .refine(isHostAndPort, 'must be a port, or host:port such as 127.0.0.1:9464')
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url('is not a URL').optional(),
  SLACK_REPORTS_OWNER: z.string().refine(isOwner, OWNER_FORM).optional(),
  SLACK_REPORTS_HEARTBEAT_URL: z.url({ protocol: /^https?$/, error: 'is not an http address' }).optional(),
  SLACK_REPORTS_LEDGER_RETENTION: z.string().transform(retentionOf).optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error').default('info'),
});

const environment = variables.refine(
  (values) => (values.TEMPORAL_DEPLOYMENT_NAME === undefined) === (values.TEMPORAL_WORKER_BUILD_ID === undefined),
  {
    path: ['TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID'],
    error: 'belong together: set both or neither',
  },
);

/**
 * Reads the settings from the environment, and Temporal's own from a `temporal.toml` profile, then `TEMPORAL_*`. An empty
 * variable counts as unset. `.env` is read by `loadEnvFile`, before.
 * Throws a UserError `invalid_configuration` that names every wrong setting.
 * @example
 * loadEnvFile();
 * const config = loadConfig();
 * await using client = await connectClient(config);
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const parsed = environment.safeParse(withoutEmpty(env));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw UserError.input('invalid_configuration', `Configuration is wrong: ${problems.join('; ')}`, {
      hint: 'See .env.example for every setting and its default.',
    });
  }
  const values = parsed.data;
  knowPasswordOf(values.DATABASE_URL);
  // Its path is often all that it takes to speak for this installation.
  knowSecret(values.SLACK_REPORTS_HEARTBEAT_URL);
  knowPasswordOf(values.OTEL_EXPORTER_OTLP_ENDPOINT);
  for (const header of (env['OTEL_EXPORTER_OTLP_HEADERS'] ?? '').split(',')) knowSecret(header.split('=')[1]);
  const temporal = loadTemporal(env);
  if (typeof temporal.connection.apiKey === 'string') knowSecret(temporal.connection.apiKey);
  return {
    temporal: {
      ...temporal,
      taskQueue: values.SLACK_REPORTS_TASK_QUEUE,
      deployment: deploymentOf(values),
      codecKeys: readCodecKeys(values.SLACK_REPORTS_CODEC_KEYS),
    },
    databaseUrl: values.DATABASE_URL,
    slack: {
      apiUrl: `${withoutSlashes(values.SLACK_API_URL)}/`,
      sandboxUrl: withoutSlashes(values.SLACK_SANDBOX_URL),
      settleMs: values.SLACK_SETTLE_SECONDS * 1_000,
      tokenResolver: values.SLACK_REPORTS_TOKEN_RESOLVER,
    },
    reportsFolder: values.SLACK_REPORTS_DIR,
    sourcesFolder: values.SLACK_REPORTS_SOURCES_DIR,
    sample: findSample(values.DATABASE_URL),
    footer: values.SLACK_REPORTS_FOOTER === 'on',
    fastPath: values.SLACK_REPORTS_FAST_PATH === 'on',
    pace: paceOf(values.SLACK_CHANNEL_INTERVAL_MS, values.SLACK_WORKSPACE_PER_MINUTE),
    workflowBundle: values.SLACK_REPORTS_WORKFLOW_BUNDLE,
    concurrency: values.SLACK_REPORTS_CONCURRENCY,
    webUiUrl: values.TEMPORAL_UI_URL,
    healthAddress: values.HEALTH_ADDRESS === undefined ? undefined : toListenAddress(values.HEALTH_ADDRESS),
    metricsAddress: values.METRICS_ADDRESS,
    tracing: values.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
    logLevel: values.LOG_LEVEL,
    owner: values.SLACK_REPORTS_OWNER,
    heartbeatUrl: values.SLACK_REPORTS_HEARTBEAT_URL,
    ledgerRetentionMs: values.SLACK_REPORTS_LEDGER_RETENTION,
  };
}

function withoutSlashes(url: string): string {
  let end = url.length;
  while (url.charAt(end - 1) === '/') end -= 1;
  return url.slice(0, end);
}

/**
 * The task queue of SLACK_REPORTS_TASK_QUEUE, else `slack-reports`. Reads no other setting.
 * @example await startRun(client, { taskQueue: configuredTaskQueue(), selection: { kind: 'all' } });
 */
export function configuredTaskQueue(env: NodeJS.ProcessEnv = process.env): string {
  return variables.shape.SLACK_REPORTS_TASK_QUEUE.parse(withoutEmpty(env)['SLACK_REPORTS_TASK_QUEUE']);
}

/** After a pause a workspace may get this number of messages at once: Slack grants bursts, and does not say how large. */
const WORKSPACE_BURST = 10;

function paceOf(channelMs: number, workspacePerMinute: number): Pace {
  const workspaceMs = workspacePerMinute === 0 ? 0 : Math.ceil(60_000 / workspacePerMinute);
  return { channelMs, workspaceMs, workspaceBurstMs: workspaceMs * (WORKSPACE_BURST - 1) };
}

function loadTemporal(env: NodeJS.ProcessEnv) {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: stringsOf(env) });
    const address = connectionOptions.address ?? TEMPORAL_ADDRESS;
    // Read from text, so its API key is one: what clients and workers both take.
    const connection = { ...connectionOptions, address } as NativeConnectionOptions & { address: string };
    return { connection, namespace: namespace ?? 'default' };
  } catch (error) {
    throw UserError.input('invalid_configuration', `Cannot read the Temporal configuration: ${messageOf(error)}`, {
      hint: 'See https://docs.temporal.io/develop/environment-configuration; TEMPORAL_ADDRESS alone is enough for a local server.',
      cause: error,
    });
  }
}

function deploymentOf({
  TEMPORAL_DEPLOYMENT_NAME: deploymentName,
  TEMPORAL_WORKER_BUILD_ID: buildId,
}: z.output<typeof environment>) {
  return deploymentName === undefined || buildId === undefined ? undefined : { deploymentName, buildId };
}

/** "180d" in milliseconds. */
function retentionOf(text: string, context: z.RefinementCtx): number {
  try {
    return parseDuration(text, { minMs: PRUNE_MIN_MS, example: '180d' });
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is wrong: ${messageOf(error)}` });
    return z.NEVER;
  }
}

/** `NAME=` in a .env file means "not set". */
function withoutEmpty(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(stringsOf(env)).filter(([, value]) => value !== ''));
}

function stringsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** An IP address, since the exporter looks up no names. */
function isHostAndPort(text: string): boolean {
  const { host = '', port = '' } = /^(?<host>.+):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  return isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0 && Number(port) > 0 && Number(port) < 65_536;
}
