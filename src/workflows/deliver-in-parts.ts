import {
  allHandlersFinished,
  CancellationScope,
  condition,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { type Control, controlSignal, type Follower } from './control.ts';
import type { ShareInput } from './deliver-share.ts';
import { tell } from './details.ts';
import type { dispatch, Run } from './dispatch.ts';
import { partWorkflowId } from './ids.ts';
import { add, progressQuery, type RunProgress, startOf } from './progress.ts';
import { liveParts, shareAt, shareCount, sizeOf, split, windowOfPart } from './shares.ts';
import { inWindow } from './window.ts';

/** The parts of a run that are under way, by workflow id: what tells each of them how to go on. */
type Parts = Map<string, () => Promise<void>>;

/**
 * Delivers a large run through parts, from the share `first` on. Returns undefined when all are done, and the share to go on
 * with where the history has grown long; then nothing is under way, so that no part is orphaned or forgotten.
 */
export async function deliverInParts(
  runId: string,
  run: Run,
  follower: Follower,
  first: number,
): Promise<number | undefined> {
  const live: Parts = new Map();
  const { maxLive, control, progress, searchable } = run;
  const now = (): RunProgress => ({ ...progress, ...control, parts: [...live.keys()] });
  setHandler(progressQuery, now);
  follower.changed = () => {
    tell(now());
    return tellParts(live);
  };
  const { parts } = split(maxLive);
  const count = shareCount(progress.due, parts);
  let next = first;
  const upcoming = function* () {
    while (next < count && !workflowInfo().continueAsNewSuggested) yield next++;
  };
  await inWindow(
    upcoming(),
    () => (control.paused ? 0 : liveParts(control.maxLive, parts)),
    async (n) => {
      const share = shareAt(n, progress.due, parts);
      if (sizeOf(share) > 0) await deliverPart(n, { runId, share, control, progress, searchable }, live, parts);
      tell(now());
    },
  );
  // An update is answered when the parts have heard of it.
  await condition(allHandlersFinished);
  return next < count ? next : undefined;
}

async function deliverPart(n: number, run: ShareInput, live: Parts, parts: number): Promise<void> {
  const { progress, control } = run;
  const due = sizeOf(run.share);
  const id = partWorkflowId(run.runId, n);
  const given = controlOfPart(control, parts);
  const part = { ...run, control: given, progress: startOf({ nominalTime: progress.nominalTime, due }) };
  try {
    const child = await startChild<typeof dispatch>('dispatch', {
      workflowId: id,
      args: [{ part }],
      staticSummary: `Part ${n + 1} of the run: ${due} deliveries`,
    });
    live.set(id, () => child.signal(controlSignal, controlOfPart(control, parts)));
    // What was changed while it started.
    const now = controlOfPart(control, parts);
    if (now.paused !== given.paused || now.maxLive !== given.maxLive) await child.signal(controlSignal, now);
    add(progress, await child.result());
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    // Somebody ended the part by hand: the next tick takes up what it left open.
    progress.already += due;
  } finally {
    live.delete(id);
  }
}

/** Every part gets its share of the pace, and never less than one delivery. */
function controlOfPart({ paused, maxLive }: Control, parts: number): Control {
  return { paused, maxLive: windowOfPart(maxLive, parts) };
}

/** Tells the parts under way how the run is to go on. */
async function tellParts(live: Parts): Promise<void> {
  // One that has ended just now needs to know nothing any more.
  await Promise.all([...live.values()].map((tellPart) => tellPart().catch(() => undefined)));
}
