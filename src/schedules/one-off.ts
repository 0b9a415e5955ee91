import type { ScheduleSummary } from '@temporalio/client';
import type { Selection } from '../store/claims.ts';
import { occurrenceOfInstant } from '../occurrence.ts';
import { scheduledWorkflowId } from '../workflows/ids.ts';
import { SEND_PREFIX } from './ours.ts';
import { timesOf } from './settings.ts';

/** What is sent once, at a time. */
export interface Send {
  id: string;
  /** Undefined where somebody gave its schedule several times. */
  at: Date | undefined;
  /** `begun`: its run was started. `passed`: it was paused when its time came, so nothing was. */
  state: 'waiting' | 'paused' | 'begun' | 'passed';
  /** For people: the notifications. */
  what: string;
  /** Undefined where it was not made by `sendAt`. */
  selection: Selection | undefined;
  note: string;
  /** The workflow id of its run; it exists from the time on. */
  runId: string | undefined;
}

/** Of a schedule as the list, or its description, has it. */
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
  return hasFired ? 'begun' : 'passed';
}

/** Its time is still to come. */
export function isComing({ state }: Pick<Send, 'state'>): boolean {
  return state === 'waiting' || state === 'paused';
}

/** The notifications that it names one by one, whether they are there or not. */
export function namedBy({ selection }: Pick<Send, 'selection'>): readonly string[] {
  if (selection === undefined) return [];
  if ('matching' in selection) return selection.matching.ids ?? [];
  if (!('notifications' in selection) || selection.notifications === 'all') return [];
  return selection.notifications;
}

/** "waiting for 2026-12-01T08:00:00Z" */
export function stateText({ state, at }: Pick<Send, 'state' | 'at'>): string {
  const time = at === undefined ? 'its time' : occurrenceOfInstant(at);
  return {
    waiting: `waiting for ${time}`,
    paused: `paused, due ${time}`,
    begun: `sent ${time}`,
    passed: `passed ${time}`,
  }[state];
}

/** Temporal appends the nominal time. */
function runOf(scheduleId: string, at: Date): string {
  return `${scheduledWorkflowId(scheduleId)}-${occurrenceOfInstant(at)}`;
}

/** Second, minute, hour, day, month, day of week and year, in UTC. As text it does not pass the SDK's faulty encoder of ranges. */
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
