import type { Logger } from '@temporalio/worker';
import type { Config } from './config.ts';
import { messageOf } from './lib/errors.ts';
import { logMove } from './observability/delivery-log.ts';
import type { Metrics } from './observability/metrics.ts';
import type { DeliveryMove } from './store/ledger/moves.ts';
import { openStore, type Store } from './store/open.ts';

/** A worker with an older tz database may run next to this one, and sources drop notifications, in milliseconds. */
const UPKEEP_EVERY_MS = 3_600_000;

/**
 * The store of a worker, in whatever process it runs: brought up to date, with a line in the log and a count for each delivery
 * that moves. `metrics` is undefined until there are some.
 */
export async function openWorkerStore(
  { databaseUrl, pace }: Pick<Config, 'databaseUrl' | 'pace'>,
  metrics: () => Metrics | undefined,
): Promise<Store> {
  const onMove = (move: DeliveryMove) => {
    metrics()?.moved(move);
    logMove(move);
  };
  return openStore(databaseUrl, pace, { upgrade: true, onMove });
}

interface UpkeepOptions {
  /** The one of `Runtime.instance()`, in any process. */
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Due times have moved, so fires were planned for other times. */
  dueTimesMoved: () => Promise<unknown>;
}

/**
 * Looks after the store of a worker, now and each hour: computes due times again that older rules of their zones gave, and removes
 * copies that sources have dropped. A store that doesn't answer is asked again an hour later.
 */
export async function lookAfter(store: Store, { log, dueTimesMoved }: UpkeepOptions): Promise<Disposable> {
  const upkeep = async () => {
    try {
      const moved = await store.timeRules.bringUpToDate();
      if (moved.length > 0) {
        log.warn('Due times moved: their zones have newer rules', { notifications: moved });
        await dueTimesMoved();
      }
      const forgotten = await store.sourceCopies.forget();
      if (forgotten > 0) log.info('Removed copies of notifications that no source returns any more', { forgotten });
    } catch (error) {
      log.error("Couldn't look after the store; it is tried again in an hour", { error: messageOf(error) });
    }
  };
  await upkeep();
  const timer = setInterval(() => void upkeep(), UPKEEP_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
