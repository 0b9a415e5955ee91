import { messageOf } from '../lib/errors.ts';
import type { Store } from '../store/open.ts';
import type { Problem } from './health-server.ts';
import type { Metrics } from './metrics.ts';

/** Between two looks, in milliseconds: as often as Prometheus usually asks. */
const LOOK_MS = 15_000;

interface Vitals {
  store: Pick<Store, 'milestones'>;
  metrics: Pick<Metrics, 'dispatched' | 'isReady'>;
  /** What keeps this worker from its work; without it only the last dispatch is followed. */
  problems?: (() => Promise<Problem[]>) | undefined;
  /** Hears why the store could not be asked. */
  onError: (message: string) => void;
}

/**
 * Keeps the metrics that have to be true when nothing happens: when a run claimed last, by any worker of the store, and whether this
 * worker is ready. Looks at once, and then every 15 seconds. Where the store is away the last dispatch stays what it was.
 */
export async function watchVitals({ store, metrics, problems, onError }: Vitals): Promise<Disposable> {
  // Until the first run: so that an installation whose runs never come raises the alarm, too.
  const began = new Date();
  let underWay = false;
  const look = async (): Promise<void> => {
    if (underWay) return;
    underWay = true;
    try {
      if (problems !== undefined) metrics.isReady((await problems()).map(({ what }) => what));
      metrics.dispatched((await store.milestones.at('last_dispatch')) ?? began);
    } catch (error) {
      onError(messageOf(error));
    } finally {
      underWay = false;
    }
  };
  await look();
  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
