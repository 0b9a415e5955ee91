import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { messageOf, UserError } from '../lib/errors.ts';
import { until, WaitedTooLong } from '../lib/until.ts';
import { startChild, type Child, type ChildExit } from './child-process.ts';
import { freePort, isListening, isPortFree } from '../lib/ports.ts';

export interface TemporalServerOptions {
  /** From `findTemporalCli`. */
  cliPath: string;
  /** Port of the frontend. Default: a free one. */
  port?: number;
  /** Port of the web page. Default: a free one. */
  uiPort?: number;
  /** SQLite file that keeps the state across restarts; its folder is made. Default: in memory. */
  dbFile?: string;
  /** Address to listen on. Default 127.0.0.1. */
  ip?: string;
  /** Without the web page. Default false. */
  headless?: boolean;
  /** Created if it is not there. Default `default`. */
  namespace?: string;
  logFile?: string;
  /** Further flags of `temporal server start-dev`. */
  extraArgs?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Called when the server ends, whether by `stop` (`expected`) or by itself. */
  onExit?: (exit: ChildExit) => void;
}

export interface TemporalServer extends AsyncDisposable {
  /** host:port of the frontend. */
  readonly address: string;
  readonly uiUrl: string | undefined;
  readonly pid: number;
  readonly exited: Child['exited'];
  readonly lastLines: Child['lastLines'];
  /** Ends the server; resolves when it has ended. May be called again. */
  readonly stop: () => Promise<void>;
}

/** `answers`: a Temporal frontend. `silent`: something listens, but does not answer as Temporal in time. */
export type ServerProbe = 'answers' | 'silent' | 'nothing listens';

const START_DEADLINE_MS = 30_000;
const POLL_MS = 50;
const PROBE_MS = 1_500;
/** How long one call of a starting server may take. */
const ANSWER_MS = 2_000;
/** It stops in about one second; under load it first finishes its writes. */
const STOP_GRACE_MS = 10_000;

/**
 * Starts `temporal server start-dev` and waits until it answers and its namespace can be used.
 * Besides its two ports it listens on four that it picks itself (metrics, HTTP, two inner services), so any number can run
 * side by side.
 * @throws UserError `port_taken`, `temporal_ended` (with the last lines of its log), `temporal_silent` (30 s), `cannot_start`.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { cliPath, dbFile, ip = '127.0.0.1', headless = false, namespace = 'default', extraArgs = [] } = options;
  const port = options.port ?? (await freePort(ip));
  const uiPort = headless ? undefined : (options.uiPort ?? (await freePort(ip)));
  await requireFreePort(port, ip, 'the Temporal server');
  if (uiPort !== undefined) await requireFreePort(uiPort, ip, "the Temporal server's web page");
  if (dbFile !== undefined) mkdirSync(dirname(dbFile), { recursive: true });

  const child = await startChild({
    name: 'Temporal server',
    command: cliPath,
    args: [
      ...'server start-dev --log-level error --color never'.split(' '),
      ...`--ip ${ip} --port ${port}`.split(' '),
      ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
      ...(namespace === 'default' ? [] : ['--namespace', namespace]),
      // Without these pragmas a file database waits for the disk at each write and is about four times slower. The price: a
      // power cut, though not a killed process, may lose the last writes.
      ...(dbFile === undefined
        ? []
        : ['--db-filename', dbFile, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=0']),
      ...extraArgs,
    ],
    graceMs: STOP_GRACE_MS,
    ...(options.env && { env: options.env }),
    ...(options.logFile !== undefined && { logFile: options.logFile }),
    ...(options.onExit && { onExit: options.onExit }),
  });
  const address = `${ip}:${port}`;
  try {
    await untilUsable({ ip, port, uiPort, namespace, unless: failOnExit(child) });
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    address,
    uiUrl: uiPort === undefined ? undefined : `http://${ip}:${uiPort}`,
    pid: child.pid,
    exited: child.exited,
    lastLines: (count) => child.lastLines(count),
    stop: child.stop,
    [Symbol.asyncDispose]: child.stop,
  };
}

/** Whether a Temporal server answers at host:port, without TLS. Takes at most about 1.5 s. */
export async function serverAnswers(address: string): Promise<boolean> {
  return (await probeServer(address)) === 'answers';
}

/** What is at host:port, without TLS. Takes at most about 1.5 s; never throws. */
export async function probeServer(address: string): Promise<ServerProbe> {
  const colon = address.lastIndexOf(':');
  const deadline = Date.now() + PROBE_MS;
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  if (!(await isListening(Number(address.slice(colon + 1)), host, PROBE_MS))) return 'nothing listens';
  const connection = Connection.lazy({ address });
  try {
    await connection.withDeadline(deadline, () => connection.workflowService.getSystemInfo({}));
    return 'answers';
  } catch {
    return 'silent';
  } finally {
    await connection.close();
  }
}

async function requireFreePort(port: number, ip: string, what: string): Promise<void> {
  if (await isPortFree(port, ip)) return;
  const temporal = (await probeServer(`${ip}:${port}`)) === 'answers';
  throw UserError.failure(
    'port_taken',
    `Port ${port} on ${ip}, wanted for ${what}, is taken${temporal ? ' by a Temporal server' : ''}.`,
    {
      hint: temporal
        ? `Use that server with TEMPORAL_ADDRESS=${ip}:${port}, end it, or choose another port.`
        : 'End the program that listens there, or choose another port.',
    },
  );
}

async function failOnExit(child: Child): Promise<never> {
  const { code, signal } = await child.exited;
  const last = child.lastLines();
  throw UserError.failure(
    'temporal_ended',
    `The Temporal server ended while starting (${signal ?? `exit code ${code}`})${last && `:\n${last}`}`,
    { hint: 'Read its last lines above. If another version of the CLI wrote the database file, move the file away.' },
  );
}

async function untilUsable(server: {
  ip: string;
  port: number;
  uiPort: number | undefined;
  namespace: string;
  /** Rejects when the server has ended. */
  unless: Promise<never>;
}): Promise<void> {
  const { ip, port, uiPort, namespace, unless } = server;
  unless.catch(() => undefined); // it ends by `stop` later
  let problem = 'nothing listens yet';
  const look = async (): Promise<boolean> => {
    // Asked over TCP first: a gRPC channel that was refused once waits a second before it tries again.
    if (!(await isListening(port, ip)) || (uiPort !== undefined && !(await isListening(uiPort, ip)))) return false;
    const connection = Connection.lazy({ address: `${ip}:${port}` });
    try {
      // Reads through the namespace cache and the visibility store, as a client's first call will.
      await connection.withDeadline(Date.now() + ANSWER_MS, () =>
        connection.workflowService.countWorkflowExecutions({ namespace }),
      );
      return true;
    } catch (error) {
      problem = messageOf(error);
      return false;
    } finally {
      await connection.close();
    }
  };
  try {
    await until(look, { what: 'the Temporal server', deadlineMs: START_DEADLINE_MS, everyMs: POLL_MS, unless });
  } catch (error) {
    if (!(error instanceof WaitedTooLong)) throw error;
    throw UserError.failure(
      'temporal_silent',
      `The Temporal server at ${ip}:${port} was not usable within ${START_DEADLINE_MS / 1_000} s: ${problem}`,
      { hint: 'The machine may be overloaded: try again, or give a logFile and read it.', cause: error },
    );
  }
}
