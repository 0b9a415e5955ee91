import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleDescription,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSummary,
} from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { UserError } from './errors.ts';
import { parseRecurrence } from './recurrence.ts';
import { unknownId } from './similar.ts';
import { scheduledWorkflowId } from './workflows/ids.ts';
import type { dispatch } from './workflows/dispatch.ts';

export interface NewSchedule {
  id: string;
  /** Five fields. */
  cron: string;
  /** IANA name. */
  timezone: string;
  /** How late a tick may still start after the server was down; the server's own default is a year. */
  catchupWindow?: Duration | undefined;
  /** Posts are spread over so many seconds after each tick. */
  windowS?: number | undefined;
  paused?: boolean | undefined;
  note?: string | undefined;
}

/** How late a tick may start: long enough for a restart, too short for yesterday's report to go out today. */
const CATCHUP_WINDOW = '1 hour';
/** How long the server may take to show the run that a trigger started, and the time between looks, in milliseconds. */
const TRIGGER_DEADLINE_MS = 10_000;
const TRIGGER_LOOK_MS = 100;

/**
 * Temporal schedules that start `dispatch`. Every method throws a UserError for an id that does not exist (or, for
 * `create`, that does).
 */
export function schedules(client: Client, taskQueue: string) {
  const { schedule } = client;
  return {
    async create({
      id,
      cron,
      timezone,
      catchupWindow = CATCHUP_WINDOW,
      windowS = 0,
      paused,
      note,
    }: NewSchedule): Promise<void> {
      parseRecurrence({ cron, timezone });
      try {
        await schedule.create<typeof dispatch>({
          scheduleId: id,
          spec: { cronExpressions: [cron], timezone },
          action: {
            type: 'startWorkflow',
            workflowType: 'dispatch',
            taskQueue,
            workflowId: scheduledWorkflowId(id),
            args: windowS === 0 ? [] : [{ windowS }],
            staticSummary: `Everything due on ${id}`,
          },
          // Each tick is an occurrence of its own, and the ledger keeps two runs from delivering one: skipping a tick
          // because the one before is still under way would lose it.
          policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow },
          ...(paused === undefined && note === undefined ? {} : { state: stateOf(paused, note) }),
          // The server gives the cron back only as compiled calendars.
          memo: { cron },
        });
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        throw new UserError('schedule_exists', `Schedule "${id}" exists already`, {
          hint: `See it with \`slack-reports schedule describe ${id}\`, or delete it first.`,
          cause: error,
        });
      }
    },

    async list(): Promise<ScheduleSummary[]> {
      return Array.fromAsync(schedule.list());
    },

    async exists(id: string): Promise<boolean> {
      try {
        await schedule.getHandle(id).describe();
        return true;
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return false;
        throw error;
      }
    },

    async describe(id: string): Promise<ScheduleDescription> {
      return found(schedule, id, () => schedule.getHandle(id).describe());
    },

    async pause(id: string, note?: string): Promise<void> {
      // The SDK's own default notes hold a stray quotation mark.
      await found(schedule, id, () => schedule.getHandle(id).pause(note ?? 'Paused by slack-reports'));
    },

    async unpause(id: string, note?: string): Promise<void> {
      await found(schedule, id, () => schedule.getHandle(id).unpause(note ?? 'Unpaused by slack-reports'));
    },

    async remove(id: string): Promise<void> {
      await found(schedule, id, () => schedule.getHandle(id).delete());
    },

    /** Starts a run now, whose nominal time is now, and returns its workflow id. */
    async trigger(id: string): Promise<string> {
      const handle = schedule.getHandle(id);
      const before = await found(schedule, id, () => handle.describe());
      const known = new Set(startedBy(before));
      await handle.trigger(ScheduleOverlapPolicy.ALLOW_ALL);
      for (const deadline = Date.now() + TRIGGER_DEADLINE_MS; Date.now() < deadline;) {
        const started = startedBy(await handle.describe()).find((workflowId) => !known.has(workflowId));
        if (started !== undefined) return started;
        await new Promise((resolve) => setTimeout(resolve, TRIGGER_LOOK_MS));
      }
      throw new UserError('trigger_not_seen', `Schedule "${id}" was triggered, but its run has not shown up`, {
        hint: `Look at it with \`slack-reports schedule describe ${id}\`; two triggers in one second start one run.`,
        exitCode: 1,
      });
    },
  };
}

function stateOf(paused = false, note?: string) {
  return { paused, ...(note === undefined ? {} : { note }) };
}

function startedBy(description: ScheduleDescription): string[] {
  return description.info.recentActions.map(({ action }) => action.workflow.workflowId);
}

async function found<Result>(client: ScheduleClient, id: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    const known = await Array.fromAsync(client.list(), ({ scheduleId }) => scheduleId);
    throw unknownId('schedule', id, known, { exitCode: 1, cause: error });
  }
}
