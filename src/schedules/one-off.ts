import type { ScheduleSummary } from '@temporalio/client';
import type { Selection } from '../contract/selection.ts';
import { occurrenceOfInstant } from '../occurrence.ts';
import { scheduledWorkflowId } from '../workflows/ids.ts';
import { SEND_PREFIX } from './ours.ts';
import { timesOf } from './settings.ts';

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
  runId: string | undefined;
}

/** Reads a schedule, as the list or its description has it. */
export function sendOf({
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
    runId: next === undefined ? last?.action.workflow.workflowId : at && runOf(scheduleId, at),
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
export function cronOf(at: Date): string {
  const [second, minute, hour] = [at.getUTCSeconds(), at.getUTCMinutes(), at.getUTCHours()];
  return `${second} ${minute} ${hour} ${at.getUTCDate()} ${at.getUTCMonth() + 1} * ${at.getUTCFullYear()}`;
}

function timeOf([cron, ...others]: readonly string[]): Date | undefined {
  const match = /^(\d+) (\d+) (\d+) (\d+) (\d+) \* (\d+)$/.exec(cron ?? '');
  if (match === null || others.length > 0) return undefined;
  const [second = 0, minute = 0, hour = 0, day = 1, month = 1, year = 0] = match.slice(1).map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}
