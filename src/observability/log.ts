import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { DefaultLogger, type Logger as TemporalLogger } from '@temporalio/worker';
import { printableWhenRead } from '../lib/printable.ts';
import { redactLine } from '../lib/redact.ts';
import { subjectOf } from '../contract/ids.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One JSON object a line on standard output, or a readable line on a terminal. Redacts what looks like a secret in both. */
export function createLogger(level: LogLevel, out: DestinationStream = standardOutput()): Logger {
  return pino(
    {
      level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
      hooks: { streamWrite: (line) => (isForPeople() ? printableWhenRead(redactLine(line)) : redactLine(line)) },
    },
    out,
  );
}

function isForPeople(): boolean {
  return process.stdout.isTTY;
}

function standardOutput(): DestinationStream {
  if (!isForPeople()) return pino.destination({ dest: 1, sync: true });
  return pretty({
    colorize: process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    sync: true,
  });
}

/** Gives the SDK's own lines, and those of workflows and activities, to our logger. */
export function temporalLogger(logger: Logger): TemporalLogger {
  return new DefaultLogger('TRACE', ({ level, message, meta }) => {
    logger[LEVELS[level]](namesOf(meta ?? {}), message);
  });
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** In the product's own words: the SDK calls an attempt of a workflow a run, and we a whole fan-out. */
function namesOf({ workflowId, workflowRunId, runId, ...meta }: Record<string, unknown>) {
  if (typeof workflowId !== 'string') return meta;
  // The token of an activity task is long, and of no use to a reader.
  const rest = { ...meta, taskToken: undefined, execution: workflowRunId ?? runId };
  const { kind: _, ...subject } = subjectOf(workflowId);
  return { workflow: workflowId, ...subject, ...rest };
}
