import { AsyncLocalStorage } from 'node:async_hooks';
import { log } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { PREFIX } from '../contract/names.ts';
import { redactError } from '../lib/redact.ts';
import type { DeliveryMove } from '../store/ledger/moves.ts';

/** What is known of the delivery that an activity is at work on; the SDK knows only its workflow. */
const current = new AsyncLocalStorage<{ run?: string }>();

/** From here on every line that this activity logs names the run of the delivery. */
export function logRunOf({ dispatchId }: { dispatchId: string }): void {
  const about = current.getStore();
  if (about !== undefined) about.run = dispatchId;
}

/** No secret leaves an activity of ours in its failure, and every line of its log names the run. */
export const activityInterceptors: ActivityInterceptorsFactory = ({ info }) => {
  // In the worker of an application, its own activities stay as they are.
  if (!info.activityType.startsWith(PREFIX)) return {};
  const about: { run?: string } = {};
  return {
    inbound: {
      execute: (input, next) =>
        current.run(about, async () => {
          try {
            return await next(input);
          } catch (error) {
            throw redactError(error);
          }
        }),
    },
    outbound: { getLogAttributes: (input, next) => next({ ...input, ...about }) },
  };
};

/** For the store: one line for each delivery that came to rest. */
export function logMove({ state, error, dueAt, at, attempts, dispatchId }: DeliveryMove): void {
  if (state === 'pending' || state === 'posting') return;
  const lateSeconds = Math.round((Date.parse(at) - Date.parse(dueAt)) / 1_000);
  const why = error === undefined ? {} : { code: error.code, reason: error.message };
  const level = state === 'failed' || state === 'unconfirmed' || state === 'parked' ? 'warn' : 'info';
  log[level](`Delivery ${state}`, { run: dispatchId, state, attempts, lateSeconds, ...why });
}
