import type { NativeConnection, Worker } from '@temporalio/worker';
import { messageOf } from '../lib/errors.ts';
import type { Store } from '../store/open.ts';
import type { Problem } from './health-server.ts';

/** How long Temporal and the store may take to answer, in milliseconds. */
const ANSWER_MS = 1_500;

const ENDING: Problem[] = [{ what: 'process', message: 'It was asked to end, and finishes what it has in hand' }];

/** What a worker process works with, from the moment that it works. */
interface Surroundings {
  worker: Pick<Worker, 'getState'>;
  connection: NativeConnection;
  namespace: string;
  store: Pick<Store, 'probe'>;
}

/** Whether the process can take work now, by trying what the work needs. */
export function readiness(ending: AbortSignal) {
  let surroundings: Surroundings | undefined;
  return {
    begin(all: Surroundings): void {
      surroundings = all;
    },

    /** What is in the way; takes at most about 1.5 s and never throws. */
    async problems(): Promise<Problem[]> {
      if (ending.aborted) return ENDING;
      if (surroundings === undefined) return [{ what: 'process', message: 'It is starting' }];
      const { worker, connection, namespace, store } = surroundings;
      const stopped = stateProblem(worker.getState());
      const answers = await Promise.all([
        attempt('temporal', () => connection.workflowService.describeNamespace({ namespace })),
        attempt('store', () => store.probe()),
      ]);
      // It may have been asked to end meanwhile.
      return ending.aborted ? ENDING : [...stopped, ...answers.flat()];
    },
  };
}

function stateProblem(state: string): Problem[] {
  return state === 'RUNNING' ? [] : [{ what: 'worker', message: `The worker is ${state.toLowerCase()}` }];
}

async function attempt(what: 'temporal' | 'store', ask: () => Promise<unknown>): Promise<Problem[]> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  try {
    await Promise.race([ask(), late.promise]);
    return [];
  } catch (error) {
    return [{ what, message: messageOf(error) || codeOf(error) }];
  } finally {
    clearTimeout(timer);
  }
}

/** A refused connection to several addresses has no message of its own, only a code. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'it does not answer';
}
