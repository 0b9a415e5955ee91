import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Selection } from './activities/dispatch.ts';
import { TASK_QUEUE } from './config.ts';
import { UserError } from './errors.ts';
import { until } from './lib/until.ts';
import { checkKey, hashOf, type NewRun, type RunHandle } from './run.ts';
import { anyonesSchedules, findSchedule } from './schedules/anyones.ts';
import { changeSchedule } from './schedules/change.ts';
import { SEND_PREFIX, WORKFLOW } from './schedules/ours.ts';
import { checkId } from './schedules/input.ts';
import { cronOf, type Send, sendOf, stateText } from './schedules/one-off.ts';
import { checkFuture } from './schedules/send-time.ts';
import { DEFAULTS, specOf } from './schedules/settings.ts';
import { unknownId } from './similar.ts';
import type { dispatch } from './workflows/dispatch.ts';
import { scheduledWorkflowId } from './workflows/ids.ts';

/** How late a one-off may go out when nobody asks for another window, in milliseconds: as schedules. */
const CATCH_UP_MS = DEFAULTS.catchupWindow;

/**
 * The server starts a one-off however late, so that its run can tell the ledger what is too late. With a window of its own
 * the server would drop it without a word.
 */
const NEVER_DROPPED = '365 days';

/** Time between two looks at whether its time has come, in milliseconds. */
const LOOK_MS = 1_000;

export interface NewSend extends NewRun {
  /** The nominal time; to the second. */
  at: Date;
  /** Its name, 1 to 100 letters, digits, ".", "_" or "-"; made from what is sent, and when, where it is left out. */
  id?: string | undefined;
  /** Milliseconds. After an outage it still goes out if it is not later than this, and is missed otherwise. */
  catchUpMs?: number | undefined;
  /** For people: what it is; the notifications where it is left out. */
  what?: string | undefined;
  /** Shown in the Web UI and by `send list`, such as the time as it was asked for. */
  note?: string | undefined;
}

/**
 * Sends notifications once, at a time: by a schedule of the server's, named `send/…`, that fires once, so it outlives every
 * process of ours. Asked for twice it is one: with a key for the same key, otherwise for the same selection and time.
 * Throws a UserError for a time that has passed, and where it was asked for before and has another time now.
 */
export async function sendAt(client: Client, { at: asked, note = '', ...rest }: NewSend): Promise<Send> {
  const { selection, idempotencyKey: key, taskQueue = TASK_QUEUE, catchUpMs = CATCH_UP_MS } = rest;
  if (key !== undefined) checkKey(key, selection);
  if (rest.id !== undefined) checkId(rest.id);
  checkFuture(asked, new Date(), 'The time');
  const at = new Date(Math.floor(asked.getTime() / 1_000) * 1_000);
  const { ids, text } = wordsFor(selection);
  const { what = text, id = `${ids.length === 1 ? ids[0] : 'several'}-${hashOf(key ?? [selection, at], 10)}` } = rest;
  const scheduleId = SEND_PREFIX + id;
  const handle = client.schedule.getHandle(scheduleId);
  try {
    await client.schedule.create<typeof dispatch>({
      scheduleId,
      spec: specOf({ ...DEFAULTS, cron: [cronOf(at)] }),
      action: {
        type: 'startWorkflow',
        workflowType: WORKFLOW,
        taskQueue,
        workflowId: scheduledWorkflowId(scheduleId),
        args: [{ selection, catchUpS: Math.ceil(catchUpMs / 1_000), ...(key === undefined ? {} : { key }) }],
        staticSummary: `Once: ${what}`.slice(0, 130),
      },
      policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow: NEVER_DROPPED },
      state: { remainingActions: 1, note },
      memo: { what, selection, taskQueue },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const there = sendOf(await handle.describe());
    if (there.at?.getTime() === at.getTime() || (key !== undefined && there.state === 'begun')) return there;
    throw new UserError('send_exists', `"${id}" was asked for before, and is ${stateText(there)}`, {
      hint: `Move it with \`slack-reports send reschedule ${id}\`, or cancel it.`,
    });
  }
  return sendOf(await surelyStarted(handle, at));
}

/** All that wait, and those that fired within the last seven days; eventually consistent. */
export async function listSends(client: Client, taskQueue: string = TASK_QUEUE): Promise<Send[]> {
  const ours: Send[] = [];
  const anyones = anyonesSchedules(client);
  for await (const summary of anyones.list()) {
    const { scheduleId, memo } = summary;
    if (!scheduleId.startsWith(SEND_PREFIX)) continue;
    const noted = memo?.['taskQueue'];
    if (noted === taskQueue) ours.push(sendOf(summary));
    if (noted) continue;
    // Made elsewhere, or encrypted with a key that is not known here: the list itself does not tell whose it is.
    if ((await anyones.find(scheduleId))?.action.taskQueue !== taskQueue) continue;
    const description = await findSchedule(client.schedule, scheduleId);
    if (description !== undefined) ours.push(sendOf(description));
  }
  return ours.toSorted((a, b) => (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0));
}

/** Throws a UserError where there is none. */
export async function findSend(client: Client, id: string): Promise<Send> {
  return sendOf(await found(client, id, (handle) => handle.describe()));
}

/** Gives it another time. Throws a UserError where there is none, its run has begun, or the time has passed. */
export async function rescheduleSend(client: Client, id: string, asked: { at: Date; note?: string }): Promise<Send> {
  checkFuture(asked.at, new Date(), 'The time');
  const at = new Date(Math.floor(asked.at.getTime() / 1_000) * 1_000);
  return found(client, id, async (handle) => {
    await changeSchedule(client.schedule, handle.scheduleId, (now) => {
      if (sendOf(now).at?.getTime() === at.getTime()) return undefined;
      mustWait(sendOf(now));
      return { settings: { cron: [cronOf(at)], timezone: DEFAULTS.timezone }, note: asked.note ?? '' };
    });
    return sendOf(await surelyStarted(handle, at));
  });
}

/** Takes it back, and returns what it was. Throws a UserError where there is none, or its run has begun. */
export async function cancelSend(client: Client, id: string): Promise<Send> {
  return found(client, id, async (handle) => {
    const send = sendOf(await handle.describe());
    mustWait(send);
    await handle.delete();
    // It may have fired between the two.
    if (await hasBegun(client, send)) throw begun(send);
    return { ...send, runId: undefined };
  });
}

/** Waits until its run has begun. Throws a UserError where it is cancelled meanwhile, or paused over its time. */
export async function untilBegun(client: Client, id: string): Promise<RunHandle> {
  const look = async () => {
    const send = await findSend(client, id);
    if (send.runId !== undefined && (await hasBegun(client, send))) return client.workflow.getHandle(send.runId);
    if (send.state === 'passed') {
      throw new UserError('send_passed', `"${id}" was paused when its time came`, {
        hint: `Give it another time: \`slack-reports send reschedule ${id}\`.`,
        exitCode: 1,
      });
    }
    return undefined;
  };
  return until<RunHandle>(look, { what: `the run of "${id}"`, everyMs: LOOK_MS });
}

/** Whether the run of a one-off exists. */
async function hasBegun(client: Client, { runId }: Send): Promise<boolean> {
  if (runId === undefined) return false;
  try {
    await client.workflow.getHandle(runId).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/**
 * A time that came while the request was on its way lies before the schedule's beginning, and the server would pass it
 * over in silence: then it is made up for.
 */
async function surelyStarted(handle: ScheduleHandle, at: Date): Promise<ScheduleDescription> {
  const now = await handle.describe();
  const { nextActionTimes, recentActions } = now.info;
  if (nextActionTimes.length > 0 || recentActions.length > 0 || now.state.paused) return now;
  await handle.backfill({ start: new Date(at.getTime() - 1), end: at, overlap: ScheduleOverlapPolicy.ALLOW_ALL });
  return now;
}

async function found<Result>(
  client: Client,
  id: string,
  ask: (handle: ScheduleHandle) => Promise<Result>,
): Promise<Result> {
  try {
    return await ask(client.schedule.getHandle(SEND_PREFIX + id));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    const known = (await Array.fromAsync(anyonesSchedules(client).list())).map(({ scheduleId }) => scheduleId);
    const sends = known
      .filter((other) => other.startsWith(SEND_PREFIX))
      .map((other) => other.slice(SEND_PREFIX.length));
    throw unknownId('send', id, sends, { exitCode: 1, cause: error });
  }
}

function mustWait(send: Send): void {
  if (send.state === 'begun') throw begun(send);
}

function begun({ id, runId }: Send): UserError {
  return new UserError('send_begun', `"${id}" has its time behind it: its run is ${runId}`, {
    hint: `\`slack-reports cancel ${runId}\` ends what it has not posted; \`deliveries list --run\` tells the rest.`,
    exitCode: 1,
  });
}

function wordsFor(selection: Selection): { ids: string[]; text: string } {
  if ('notifications' in selection) {
    const { notifications } = selection;
    return notifications === 'all'
      ? { ids: [], text: 'everything' }
      : { ids: notifications, text: notifications.join(', ') };
  }
  if ('matching' in selection) {
    const { ids = [], ...parts } = selection.matching;
    const named = Object.entries(parts).filter(([, value]) => value !== undefined);
    return { ids: [...ids], text: [...ids, ...named.map(([part, value]) => `${part} ${String(value)}`)].join(', ') };
  }
  throw new UserError('invalid_selection', 'What is sent at a time chooses notifications', {
    hint: 'Select { notifications } or { matching }.',
  });
}
