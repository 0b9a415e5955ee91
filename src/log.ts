import { pino, type Logger } from 'pino';
import { DefaultLogger, type Logger as TemporalLogger } from '@temporalio/worker';
import type { Config } from './config.ts';

/** One JSON object a line on standard output. */
export function createLogger(level: Config['logLevel']): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** Gives the SDK's own lines, and those of workflows and activities, to our logger. */
export function temporalLogger(logger: Logger): TemporalLogger {
  return new DefaultLogger('TRACE', ({ level, message, meta }) => {
    logger[LEVELS[level]](meta ?? {}, message);
  });
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
