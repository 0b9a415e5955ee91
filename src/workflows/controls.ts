import { ApplicationFailure, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import type { Control, NewConcurrency } from '../contract/dispatch.ts';

export const pauseUpdate = defineUpdate<Control>('pause');
export const unpauseUpdate = defineUpdate<Control>('unpause');
export const setConcurrencyUpdate = defineUpdate<Control, [NewConcurrency]>('setConcurrency');
/** From a run to its partitions. */
export const controlSignal = defineSignal<[Control]>('control');

/** Temporal takes 2,000 children under way of one parent, and grows slow long before. */
export const CONCURRENCY_MAX = 500;

type Listener = () => void | Promise<void>;

/** Sets what is called after each change of the control, in place of what was set before. */
export type OnControlChange = (listener: Listener) => void;

/** Lets people change `control` through updates. An update ends when the listener has. */
export function handleControlUpdates(control: Control): OnControlChange {
  const { onChange, change } = changing(control);
  const update = async (set: Partial<Control>): Promise<Control> => {
    await change(set);
    return { ...control };
  };
  setHandler(pauseUpdate, () => update({ paused: true }), { description: 'Start no more deliveries' });
  setHandler(unpauseUpdate, () => update({ paused: false }), { description: 'Go on after a pause' });
  setHandler(setConcurrencyUpdate, ({ concurrency }) => update({ concurrency }), {
    validator: checkConcurrency,
    description: `How many deliveries may be under way at once: {"concurrency": 1 to ${CONCURRENCY_MAX}}`,
  });
  return onChange;
}

/** Lets the run change the `control` of this partition of it. */
export function handleControlSignals(control: Control): OnControlChange {
  const { onChange, change } = changing(control);
  setHandler(controlSignal, change);
  return onChange;
}

function changing(control: Control) {
  let listener: Listener = noListener;
  return {
    onChange: (next: Listener) => {
      listener = next;
    },
    change: (set: Partial<Control>) => {
      Object.assign(control, set);
      return listener();
    },
  };
}

function noListener(): void {}

function checkConcurrency(asked: NewConcurrency | undefined): void {
  const concurrency = asked?.concurrency;
  const isValid = Number.isInteger(concurrency) && Number(concurrency) >= 1 && Number(concurrency) <= CONCURRENCY_MAX;
  if (isValid) return;
  const message = `concurrency must be a whole number from 1 to ${CONCURRENCY_MAX}, not ${String(concurrency)}`;
  throw ApplicationFailure.nonRetryable(message, 'invalid_concurrency');
}
