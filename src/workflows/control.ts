import { ApplicationFailure, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';

/** What people may change of a run that is under way. */
export interface Control {
  /** Nothing more is begun; what is under way goes on. */
  paused: boolean;
  /** How many deliveries may be under way at once. */
  maxLive: number;
}

export interface NewPace {
  maxLive: number;
}

export const pauseUpdate = defineUpdate<Control>('pause');
export const resumeUpdate = defineUpdate<Control>('resume');
export const setPaceUpdate = defineUpdate<Control, [NewPace]>('setPace');
/** From a run to its parts. */
export const controlSignal = defineSignal<[Control]>('control');

/** Temporal takes 2,000 children under way of one parent, and grows slow long before. */
export const MAX_LIVE = 500;

/** Whoever has to hear of a change: the run tells its parts and the Web UI. Set when the run has something to tell. */
export interface Follower {
  changed: () => void | Promise<void>;
}

/** Lets people change `control` through updates. An update ends when the follower has heard of it. */
export function obeyUpdates(control: Control, follower: Follower): void {
  const change = async (part: Partial<Control>): Promise<Control> => {
    Object.assign(control, part);
    await follower.changed();
    return { ...control };
  };
  setHandler(pauseUpdate, () => change({ paused: true }), { description: 'Begin no more deliveries' });
  setHandler(resumeUpdate, () => change({ paused: false }), { description: 'Go on after a pause' });
  setHandler(setPaceUpdate, ({ maxLive }) => change({ maxLive }), {
    validator: checkPace,
    description: `How many deliveries may be under way at once: {"maxLive": 1 to ${MAX_LIVE}}`,
  });
}

/** Lets the run change the `control` of this part of it. */
export function obeyRun(control: Control, follower: Follower): void {
  setHandler(controlSignal, (now) => {
    Object.assign(control, now);
    return follower.changed();
  });
}

function checkPace(pace: NewPace | undefined): void {
  const maxLive = pace?.maxLive;
  if (Number.isInteger(maxLive) && Number(maxLive) >= 1 && Number(maxLive) <= MAX_LIVE) return;
  const message = `maxLive must be a whole number from 1 to ${MAX_LIVE}, not ${String(maxLive)}`;
  throw ApplicationFailure.nonRetryable(message, 'invalid_pace');
}
