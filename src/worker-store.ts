import type { Config } from './config.ts';
import { AsyncStack } from './lib/async-stack.ts';
import { messageOf } from './lib/errors.ts';
import { logMove } from './observability/delivery-log.ts';
import type { Metrics } from './observability/metrics.ts';
import type { DeliveryMove } from './store/ledger/ledger.ts';
import { openStore, type Store } from './store/open.ts';

/** A worker with an older tz database may run next to this one, and sources drop notifications, in milliseconds. */
const UPKEEP_EVERY_MS = 3_600_000;

interface Log {
  info: (message: string, context: object) => void;
  warn: (message: string, context: object) => void;
  error: (message: string, context: object) => void;
}

interface WorkerStoreOptions {
  log: Log;
  /** Counts what moves; undefined until there are metrics. */
  metrics: () => Metrics | undefined;
}

/**
 * The store of a worker, in whatever process it runs: brought up to date, with a line in the log and a count for each delivery
 * that moves, and looked after now and each hour while it is open.
 */
export async function openWorkerStore(
  { databaseUrl, pace }: Pick<Config, 'databaseUrl' | 'pace'>,
  { log, metrics }: WorkerStoreOptions,
): Promise<AsyncDisposable & { store: Store }> {
  const onMove = (move: DeliveryMove) => {
    metrics()?.moved(move);
    logMove(move);
  };
  const stack = new AsyncStack();
  const store = stack.use(await openStore(databaseUrl, pace, { upgrade: true, onMove }));
  await upkeep(store, log);
  const timer = setInterval(() => void upkeep(store, log), UPKEEP_EVERY_MS);
  stack.defer(() => clearInterval(timer));
  return { store, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

/** A store that doesn't answer is asked again an hour later. */
async function upkeep({ timeRules, sourceCopies }: Store, log: Log): Promise<void> {
  try {
    const moved = await timeRules.bringUpToDate();
    if (moved.length > 0) log.warn('Due times moved: their zones have newer rules', { notifications: moved });
    const forgotten = await sourceCopies.forget();
    if (forgotten > 0) log.info('Removed copies of notifications that no source gives any more', { forgotten });
  } catch (error) {
    log.error("Couldn't look after the store; it is tried again in an hour", { error: messageOf(error) });
  }
}
