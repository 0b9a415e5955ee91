import { WORKFLOWS } from '../contract/names.ts';
import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSummary,
  WorkflowNotFoundError,
} from '@temporalio/client';
import {
  checkSelection,
  choosesNotifications,
  isSameSelection,
  type NotificationSelection,
  type Selection,
} from '../domain/selection.ts';
import { occurrenceOfInstant } from '../domain/occurrence.ts';
import { scheduledWorkflowId } from '../contract/ids.ts';
import { SEND_PREFIX } from './managed.ts';
import { DEFAULTS, specOf, timesOf } from './settings.ts';
import { UserError } from '../lib/errors.ts';
import { until } from '../lib/until.ts';
import { checkKey, hashOf, keyInUse, type NewRun, type RunHandle } from '../runs/start.ts';
import { findSchedule, tolerantScheduleClient } from './tolerant-client.ts';
import { changeSchedule } from './change.ts';
import { checkId } from './input.ts';
import { checkFuture } from './send-time.ts';
import { unknownId } from '../lib/similar.ts';
import type { Dispatch } from '../contract/dispatch.ts';

/** A notification, or several, sent once at a time. */
export interface Send {
  id: string;
  /** Undefined if its schedule was edited by hand and has several times. */
  at: Date | undefined;
  /** `sent`: its run was started. `passed`: it was paused when its time came, so nothing was sent. */
  state: 'waiting' | 'paused' | 'sent' | 'passed';
  /** For people: the notifications. */
  what: string;
  /** Undefined if it was not made by `sendAt`. */
  selection: Selection | undefined;
  note: string;
  /** The workflow id of its run, which exists once the time has come. */
  dispatchId: string | undefined;
}

/** Reads a schedule, as the list or its description has it. */
function sendOf({
  scheduleId,
  spec,
  state,
  info,
  memo,
}: Pick<ScheduleSummary, 'scheduleId' | 'spec' | 'state' | 'info' | 'memo'>): Send {
  const [next] = info.nextActionTimes;
  const last = info.recentActions.at(-1);
  const at = next ?? timeOf(timesOf(spec).cron) ?? last?.scheduledAt;
  return {
    id: scheduleId.slice(SEND_PREFIX.length),
    at,
    state: stateOf(next !== undefined, state.paused, last !== undefined),
    what: (memo?.['what'] as string | undefined) ?? '',
    selection: memo?.['selection'] as Selection | undefined,
    note: state.note ?? '',
    dispatchId: next === undefined ? last?.action.workflow.workflowId : at && runOf(scheduleId, at),
  };
}

function stateOf(hasNext: boolean, isPaused: boolean, hasFired: boolean): Send['state'] {
  if (hasNext) return isPaused ? 'paused' : 'waiting';
  return hasFired ? 'sent' : 'passed';
}

/** Its time is still to come. */
export function isPending({ state }: Pick<Send, 'state'>): boolean {
  return state === 'waiting' || state === 'paused';
}

/** The ids of notifications that it names, whether they exist or not. */
export function namedBy({ selection }: Pick<Send, 'selection'>): readonly string[] {
  switch (selection?.kind) {
    case 'notifications':
      return selection.ids;
    case 'matching':
      return selection.filter.ids ?? [];
    case undefined:
    case 'due':
    case 'all':
    case 'parked':
    case 'failed':
    case 'unconfirmed':
    case 'delivery':
    case 'test':
      return [];
  }
}

/** "waiting for 2026-12-01T08:00:00Z" */
export function stateText({ state, at }: Pick<Send, 'state' | 'at'>): string {
  const time = at === undefined ? 'its time' : occurrenceOfInstant(at);
  return {
    waiting: `waiting for ${time}`,
    paused: `paused, due ${time}`,
    sent: `sent ${time}`,
    passed: `passed ${time}`,
  }[state];
}

/** Temporal appends the nominal time to the workflow id. */
function runOf(scheduleId: string, at: Date): string {
  return `${scheduledWorkflowId(scheduleId)}-${occurrenceOfInstant(at)}`;
}

/** Second, minute, hour, day, month, day of week and year, in UTC. Text avoids the SDK's faulty encoder of ranges. */
function cronOf(at: Date): string {
  const [second, minute, hour] = [at.getUTCSeconds(), at.getUTCMinutes(), at.getUTCHours()];
  return `${second} ${minute} ${hour} ${at.getUTCDate()} ${at.getUTCMonth() + 1} * ${at.getUTCFullYear()}`;
}

function timeOf([cron, ...others]: readonly string[]): Date | undefined {
  const match = /^(\d+) (\d+) (\d+) (\d+) (\d+) \* (\d+)$/.exec(cron ?? '');
  if (match === null || others.length > 0) return undefined;
  const [second = 0, minute = 0, hour = 0, day = 1, month = 1, year = 0] = match.slice(1).map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

/** How late a one-off may go out by default, in milliseconds: as schedules. */
const CATCH_UP_WINDOW_MS = DEFAULTS.catchupWindow;

/**
 * The server starts a one-off however late, so its run records in the ledger that it was too late. With a shorter window
 * the server would drop it silently.
 */
const NEVER_DROPPED = '365 days';

/** Time between two checks whether its time has come, in milliseconds. */
const CHECK_MS = 1_000;

export interface NewSend extends Omit<NewRun, 'requireWorker' | 'onNote'> {
  /** The nominal time; to the second. */
  at: Date;
  /** Its name, 1 to 100 letters, digits, ".", "_" or "-"; by default made from what is sent, and when. */
  id?: string | undefined;
  /** After an outage, it is still sent if at most this late, and missed otherwise; in milliseconds. */
  catchUpWindowMs?: number | undefined;
  /** For people: what it is; by default the notifications. */
  what?: string | undefined;
  /** Shown in the Web UI and by `send list`, such as the local time. */
  note?: string | undefined;
}

/**
 * Sends notifications once, at a time. A Temporal schedule named `send/…` fires once, so it outlives our processes. The same
 * key, or without one the same selection and time, is one send however often you call this. A used key with another selection
 * is an error `key_in_use`.
 * Throws a UserError for a past time, and if the same send exists with another time.
 */
export async function sendAt(client: Client, { at: asked, note = '', ...rest }: NewSend): Promise<Send> {
  const { selection, idempotencyKey: key, taskQueue, catchUpWindowMs = CATCH_UP_WINDOW_MS } = rest;
  if (!choosesNotifications(selection)) {
    throw UserError.input('invalid_selection', 'A send at a time has to choose notifications', {
      hint: "Select { kind: 'notifications' }, { kind: 'matching' } or { kind: 'all' }.",
    });
  }
  checkSelection(selection);
  if (key !== undefined) checkKey(key);
  if (rest.id !== undefined) checkId(rest.id);
  checkFuture(asked, new Date(), 'The time');
  const at = new Date(Math.floor(asked.getTime() / 1_000) * 1_000);
  const { ids, text } = wordsFor(selection);
  const named = `${ids.length === 1 ? ids[0] : 'several'}-${hashOf([selection, at], 10)}`;
  // A key is the same send whatever it is for, so that it cannot stand for two.
  const { what = text, id = key === undefined ? named : `key-${hashOf(key, 10)}` } = rest;
  const scheduleId = SEND_PREFIX + id;
  const handle = client.schedule.getHandle(scheduleId);
  try {
    await client.schedule.create<Dispatch>({
      scheduleId,
      spec: specOf({ ...DEFAULTS, cron: [cronOf(at)] }),
      action: {
        type: 'startWorkflow',
        workflowType: WORKFLOWS.dispatch,
        taskQueue,
        workflowId: scheduledWorkflowId(scheduleId),
        args: [
          { selection, catchUpWindowS: Math.ceil(catchUpWindowMs / 1_000), ...(key === undefined ? {} : { key }) },
        ],
        staticSummary: `Once: ${what}`.slice(0, 130),
      },
      policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow: NEVER_DROPPED },
      state: { remainingActions: 1, note },
      memo: { what, selection, taskQueue },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const there = sendOf(await handle.describe());
    if (there.selection === undefined || !isSameSelection(there.selection, selection)) {
      if (key !== undefined) throw keyInUse(key, `send ${id}`, there.selection);
      throw sendExists(there, 'is for something else');
    }
    if (there.at?.getTime() === at.getTime() || (key !== undefined && there.state === 'sent')) return there;
    throw sendExists(there, `is ${stateText(there)}`);
  }
  return sendOf(await ensureFires(handle, at));
}

function sendExists({ id }: Send, how: string): UserError {
  return UserError.input('send_exists', `"${id}" exists already, and ${how}`, {
    hint: `Move it with \`slack-reports send reschedule ${id}\`, or cancel it.`,
  });
}

/** Pending sends, and those of the last seven days; eventually consistent. */
export async function listSends(client: Client, taskQueue: string): Promise<Send[]> {
  const sends: Send[] = [];
  const schedules = tolerantScheduleClient(client);
  for await (const summary of schedules.list()) {
    const { scheduleId, memo } = summary;
    if (!scheduleId.startsWith(SEND_PREFIX)) continue;
    const noted = memo?.['taskQueue'];
    if (noted === taskQueue) sends.push(sendOf(summary));
    if (noted) continue;
    // Made elsewhere, or encrypted with an unknown key: the list itself has no task queue.
    if ((await schedules.find(scheduleId))?.action.taskQueue !== taskQueue) continue;
    const description = await findSchedule(client.schedule, scheduleId);
    if (description !== undefined) sends.push(sendOf(description));
  }
  return sends.toSorted((a, b) => (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0));
}

/** Throws a UserError if there is none. */
export async function findSend(client: Client, id: string): Promise<Send> {
  return sendOf(await found(client, id, (handle) => handle.describe()));
}

/**
 * Moves a send that has not started to another time, in whole seconds.
 * Throws a UserError: `unknown_send`, `already_sent`, or `past_time`.
 * @example await rescheduleSend(client, send.id, { at: new Date('2026-12-02T08:00:00Z') });
 */
export async function rescheduleSend(client: Client, id: string, asked: { at: Date; note?: string }): Promise<Send> {
  checkFuture(asked.at, new Date(), 'The time');
  const at = new Date(Math.floor(asked.at.getTime() / 1_000) * 1_000);
  return found(client, id, async (handle) => {
    await changeSchedule(client.schedule, handle.scheduleId, (now) => {
      if (sendOf(now).at?.getTime() === at.getTime()) return undefined;
      assertPending(sendOf(now));
      return { settings: { cron: [cronOf(at)], timezone: DEFAULTS.timezone }, note: asked.note ?? '' };
    });
    return sendOf(await ensureFires(handle, at));
  });
}

/**
 * Cancels a send that has not started, and returns what it was.
 * Throws a UserError: `unknown_send`, or `already_sent`.
 * @example await cancelSend(client, send.id);
 */
export async function cancelSend(client: Client, id: string): Promise<Send> {
  return found(client, id, async (handle) => {
    const send = sendOf(await handle.describe());
    assertPending(send);
    await handle.delete();
    // It may have fired between the two.
    if (await hasRun(client, send)) throw alreadySent(send);
    return { ...send, dispatchId: undefined };
  });
}

/** Waits until its run exists. Throws a UserError if it is cancelled meanwhile, or was paused when its time came. */
export async function untilSent(client: Client, id: string): Promise<RunHandle> {
  const look = async () => {
    const send = await findSend(client, id);
    if (send.dispatchId !== undefined && (await hasRun(client, send)))
      return client.workflow.getHandle(send.dispatchId);
    if (send.state === 'passed') {
      throw UserError.failure('send_passed', `"${id}" was paused when its time came`, {
        hint: `Give it another time: \`slack-reports send reschedule ${id}\`.`,
      });
    }
    return undefined;
  };
  return until<RunHandle>(look, { what: `the run of "${id}"`, everyMs: CHECK_MS });
}

/** Whether the run of a one-off exists. */
async function hasRun(client: Client, { dispatchId }: Send): Promise<boolean> {
  if (dispatchId === undefined) return false;
  try {
    await client.workflow.getHandle(dispatchId).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/**
 * Backfills a time that came while the request was on its way: it lies before the schedule's start, and the server would
 * silently skip it.
 */
async function ensureFires(handle: ScheduleHandle, at: Date): Promise<ScheduleDescription> {
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
    const known = (await Array.fromAsync(tolerantScheduleClient(client).list())).map(({ scheduleId }) => scheduleId);
    const sends = known
      .filter((other) => other.startsWith(SEND_PREFIX))
      .map((other) => other.slice(SEND_PREFIX.length));
    throw unknownId('send', id, sends, error);
  }
}

function assertPending(send: Send): void {
  if (send.state === 'sent') throw alreadySent(send);
}

function alreadySent({ id, dispatchId }: Send): UserError {
  return UserError.failure('already_sent', `"${id}" was already sent: its run is ${dispatchId}`, {
    hint: `\`slack-reports cancel ${dispatchId}\` cancels what it has not posted; \`deliveries list --run\` lists the rest.`,
  });
}

function wordsFor(selection: NotificationSelection): { ids: readonly string[]; text: string } {
  switch (selection.kind) {
    case 'all':
      return { ids: [], text: 'everything' };
    case 'notifications':
      return { ids: selection.ids, text: selection.ids.join(', ') };
    case 'matching': {
      const { ids = [], ...parts } = selection.filter;
      const named = Object.entries(parts).map(([part, value]) => `${part} ${String(value)}`);
      return { ids, text: [...ids, ...named].join(', ') };
    }
  }
}
