import { mkdirSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Client } from '@temporalio/client';
import { codecIsOn } from '../codec/keys.ts';
import { formatSummary, progressBar } from '../runs/progress-bar.ts';
import type { Config } from '../config.ts';
import { type ErrorCode, messageOf, UserError } from '../lib/errors.ts';
import { type Child, startChild } from './child-process.ts';
import { followRun, type RunHandle, startRun } from '../runs/start.ts';
import { type Schedules, schedules } from '../schedule.ts';
import { followDue } from '../scheduling/follow-due.ts';
import { TICK } from '../scheduling/managed.ts';
import { registerSearchAttributes } from '../temporal/search-attributes.ts';
import { AsyncStack } from '../lib/async-stack.ts';
import { moduleFile } from '../lib/module-file.ts';
import { isPostgres, sqliteFile } from '../lib/database-url.ts';
import { openStore } from '../store/open.ts';
import { UNPACED } from '../store/pacing.ts';
import { connectClient } from '../temporal/connect.ts';
import { announceRuns } from './announce-runs.ts';
import { addFirst, addSample, addSampleSchedule, SAMPLE_SCHEDULE } from './sample.ts';
import { needsSandbox, startSandboxProcess } from './sandbox.ts';
import { startTemporal } from './temporal.ts';
import { webUiOf } from './web-ui.ts';

export interface StartOptions {
  /** Your own worker; that of the program by default. */
  worker?: string | undefined;
  /** A file whose notifications an empty embedded store begins with, instead of the sample; they are sent once. */
  notifications?: string | undefined;
}

type Ending = Pick<Child, 'exited' | 'lastLines'>;

/** Longer than the worker's own force time (create-worker.ts), in milliseconds. */
const WORKER_GRACE_MS = 50_000;

/**
 * Starts what does not run yet (Temporal, the sandbox), the worker and a first run, and stays until Ctrl-C. Then it ends
 * what it started, in reverse order, and nothing else.
 */
export async function startEverything(
  config: Config,
  env: NodeJS.ProcessEnv,
  { worker: workerFile, notifications }: StartOptions = {},
): Promise<void> {
  const folder = isPostgres(config.databaseUrl) ? 'data' : dirname(sqliteFile(config.databaseUrl));
  // Data, logs and what the processes write that it starts are for its user alone.
  process.umask(0o077);
  const asked = untilShutdown();
  await using started = new AsyncStack();
  await using store = await openStore(config.databaseUrl, UNPACED, { upgrade: true });
  mkdirSync(folder, { recursive: true });

  say(`Node             ${process.version}, ${relative(process.cwd(), process.execPath)}`);
  const server = await startTemporal(config, { folder, env });
  if (server !== undefined) started.use(server);
  say(`Temporal server  ${config.temporal.connection.address}${server === undefined ? ' (was running)' : ''}`);

  const isFirst = notifications !== undefined && (await addFirst(store, notifications, { config, env }));
  const hasSample = notifications === undefined && (await addSample(store, config, env));
  const usesSandbox = await needsSandbox(store);
  const sandbox = usesSandbox ? await startSandboxProcess(config, env, folder) : undefined;
  if (sandbox !== undefined) started.use(sandbox);
  if (usesSandbox) say(`Slack sandbox    ${config.slack.sandboxUrl}${sandbox === undefined ? ' (was running)' : ''}`);

  await using client = await connectClient(config);
  // On a server that was running before, the user runs `setup`.
  if (server !== undefined) {
    const { namespace } = config.temporal;
    await registerSearchAttributes(client, namespace).catch((error: unknown) => say(messageOf(error)));
  }
  const all = schedules(client, config.temporal.taskQueue);
  await addTick(all);
  if (hasSample) await addSampleSchedule(all);
  await followDue(client, config.temporal.taskQueue, { readNeeds: store.dueTimes.needs });
  const worker = started.use(
    await startWorkerProcess({ file: workerFile ?? moduleFile('../worker', import.meta.url), env, folder }),
  );
  say(`Worker           task queue ${config.temporal.taskQueue}, log in ${relative(process.cwd(), folder)}/worker.log`);

  const parts = { worker, 'Temporal server': server, sandbox };
  const firstRun = hasSample ? sampleRun(client, all) : isFirst ? sendAll(client, config) : undefined;
  if (firstRun !== undefined) await Promise.race([firstRun, asked, someEnded(parts)]);
  say('');
  say(`Runs             ${webUiOf(config) ?? '(set TEMPORAL_UI_URL)'}`);
  if (codecIsOn(config)) say('Encrypted        the Web UI reads them with `npx slack-reports codec-server`');
  if (usesSandbox) say(`Messages         ${config.slack.sandboxUrl}`);
  if ((await store.notifications.count()) === 0) say(firstStep(config, env));
  say('Ctrl-C ends it; the next `npm start` goes on with the same data.');

  using _ = announceRuns(client, say);
  await Promise.race([asked, someEnded(parts)]);
  say('Ending…');
}

interface WorkerProcess {
  file: string;
  env: NodeJS.ProcessEnv;
  folder: string;
}

/** Resolves when the worker has said that it runs. */
async function startWorkerProcess({ file, env, folder }: WorkerProcess): Promise<Child> {
  const ready = Promise.withResolvers<void>();
  const worker = await startChild({
    name: 'worker',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', file],
    env,
    logFile: `${folder}/worker.log`,
    ipc: true,
    graceMs: WORKER_GRACE_MS,
    onMessage: () => ready.resolve(),
  });
  await Promise.race([ready.promise, someEnded({ worker })]);
  return worker;
}

/** Claims notifications with a recurrence of their own when they are due. One that exists stays as it is. */
async function addTick(all: Schedules): Promise<void> {
  if ((await all.find(TICK)) === undefined) await all.create({ id: TICK, whenDue: true });
}

async function sampleRun(client: Client, all: Schedules): Promise<void> {
  const workflowId = await all.trigger(SAMPLE_SCHEDULE);
  await showRun(client.workflow.getHandle(workflowId));
}

async function sendAll(client: Client, { temporal }: Config): Promise<void> {
  await showRun(await startRun(client, { selection: { kind: 'all' }, taskQueue: temporal.taskQueue }));
}

async function showRun(run: RunHandle): Promise<void> {
  const bar = progressBar(process.stdout);
  const result = await followRun(run, bar.draw).finally(bar.clear);
  say('');
  say(formatSummary(result));
}

/** What to do in a store without notifications. */
function firstStep({ slack }: Config, env: NodeJS.ProcessEnv): string {
  const hasToken = (env['SLACK_BOT_TOKEN'] ?? '') !== '';
  return `${hasToken ? `Posts to         ${slack.apiUrl}` : 'No Slack token   set SLACK_BOT_TOKEN in .env'}
Next             add a notification, and send it to a channel of yours (docs/slack-app.md):
  npx slack-reports notifications add hello --report delivery-digest --account me --channel C0123456789 --on-demand
  npx slack-reports send hello`;
}

type Part = 'worker' | 'Temporal server' | 'sandbox';

const ENDED: Record<Part, ErrorCode> = {
  worker: 'worker_ended',
  'Temporal server': 'temporal_ended',
  sandbox: 'sandbox_ended',
};

/** Rejects when a part that was started here ends by itself: the others can't work without it. */
async function someEnded(parts: Partial<Record<Part, Ending | undefined>>): Promise<never> {
  const started = Object.entries(parts).flatMap(([name, part]) =>
    part === undefined ? [] : [{ name: name as Part, part }],
  );
  const { name, part } = await Promise.race(started.map(async (one) => one.part.exited.then(() => one)));
  throw UserError.failure(ENDED[name], `The ${name} has ended:\n${part.lastLines()}`, {
    hint: 'Start it again with `npm start`: it continues with the same data.',
  });
}

/** Resolves at Ctrl-C, SIGTERM, or when the terminal is closed. */
function untilShutdown(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

function say(line: string): void {
  console.log(line);
}
