import { WORKFLOWS } from './contract/names.ts';
import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSummary,
} from '@temporalio/client';
import { optionalDateToTs, tsToDate } from '@temporalio/common/lib/time.js';
import { UserError } from './lib/errors.ts';
import { findSchedule, tolerantScheduleClient } from './scheduling/tolerant-client.ts';
import { firesBetween } from './scheduling/fires.ts';
import { changeSchedule, hasOldZone } from './scheduling/change.ts';
import { zoneData } from './scheduling/zone-data.ts';
import { newSettings, parseSettings, requireTrigger, type ScheduleInput } from './scheduling/input.ts';
import { refusalOf } from './scheduling/server-errors.ts';
import { isManaged, startsRuns } from './scheduling/managed.ts';
import {
  argsOf,
  DEFAULTS,
  differences,
  type ScheduleSettings,
  type ScheduleTimes,
  settingsOf,
  specOf,
} from './scheduling/settings.ts';
import { unknownId } from './lib/similar.ts';
import { scheduledWorkflowId } from './contract/ids.ts';
import type { Dispatch } from './contract/dispatch.ts';
import { until, WaitedTooLong } from './lib/until.ts';

/** What people and time change in a schedule; a file of schedules has none of it. */
export interface ScheduleState {
  /** Shown in the Web UI. */
  note?: string | undefined;
  /** How many times it may still fire; null lifts the limit. */
  remainingRuns?: number | null | undefined;
}

export interface NewSchedule extends ScheduleInput, ScheduleState {
  /** The id that riders name. */
  id: string;
  paused?: boolean | undefined;
}

/** The server lists no more times: `maxListMatchingTimesCount` in service/worker/scheduler/workflow.go of v1.29.1. */
export const LISTED_MAX = 1_000;

export type Schedules = ReturnType<typeof schedules>;

/**
 * Temporal schedules that start `dispatch`. Every method throws a UserError for an id that does not exist (or, for
 * `create`, that does).
 */
export function schedules(client: Client, taskQueue: string) {
  const { schedule } = client;

  async function register(id: string, settings: ScheduleSettings, state: Omit<NewSchedule, 'id'> = {}): Promise<void> {
    const { paused, note, remainingRuns } = state;
    await withZoneData(schedule).create<Dispatch>({
      scheduleId: id,
      spec: specOf(settings),
      action: {
        type: 'startWorkflow',
        workflowType: WORKFLOWS.dispatch,
        taskQueue,
        workflowId: scheduledWorkflowId(id),
        args: argsOf(settings),
        staticSummary: `Everything due on ${id}`,
      },
      policies: {
        overlap: settings.overlap,
        catchupWindow: settings.catchupWindow,
        pauseOnFailure: settings.pauseOnFailure,
      },
      state: {
        ...(paused !== undefined && { paused }),
        ...(note !== undefined && { note }),
        ...(typeof remainingRuns === 'number' && { remainingActions: remainingRuns }),
      },
    });
  }

  const tolerant = tolerantScheduleClient(client);

  async function list(): Promise<ScheduleSummary[]> {
    const all = await Array.fromAsync(tolerant.list());
    return all.filter(startsRuns);
  }

  async function found<Result>(id: string, ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw refusalOf(error, id) ?? error;
      const known = (await list()).map(({ scheduleId }) => scheduleId);
      throw unknownId('schedule', id, known, error);
    }
  }

  function assertManaged(now: ScheduleDescription): void {
    if (isManaged(now, taskQueue)) return;
    const { workflowType, taskQueue: queue } = now.action;
    const what = `Schedule "${now.scheduleId}" starts ${workflowType} on task queue ${queue}`;
    throw UserError.input('not_our_schedule', `${what}; managed ones start ${WORKFLOWS.dispatch} on ${taskQueue}`, {
      hint: 'Use another id, or change that schedule with the tool that made it.',
    });
  }

  return {
    find: (id: string) => found(id, () => findSchedule(schedule, id)),

    /** As `find`, but its arguments are null if our keys cannot decrypt them. */
    look: (id: string) => found(id, () => tolerant.find(id)),

    /** Schedules that start our workflow, without one-offs; eventually consistent. */
    list,

    async create({ id, paused, note, remainingRuns, ...input }: NewSchedule): Promise<void> {
      const settings = newSettings(id, input);
      try {
        await register(id, settings, { paused, note, remainingRuns });
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw refusalOf(error, id) ?? error;
        throw UserError.input('schedule_exists', `Schedule "${id}" exists already`, {
          hint: `See it with \`slack-reports schedule describe ${id}\`; \`schedule update\` changes it.`,
          cause: error,
        });
      }
    },

    /** Changes the named settings; returns the schedule before and after. */
    async update(id: string, { note, remainingRuns, ...input }: ScheduleInput & ScheduleState) {
      return found(id, () =>
        changeSchedule(schedule, id, (now) => {
          assertManaged(now);
          const current = settingsOf(now);
          const named = parseSettings(input, current);
          requireTrigger({ ...current, ...named }, id);
          const { change } = differences(current, named);
          const limit = now.state.remainingActions ?? null;
          const state = {
            ...(note !== undefined && note !== (now.state.note ?? '') && { note }),
            ...(remainingRuns !== undefined && remainingRuns !== limit && { remainingRuns }),
          };
          const isSame = Object.keys({ ...change, ...state }).length === 0 && !hasOldZone(now);
          return isSame ? undefined : { settings: change, ...state };
        }),
      );
    },

    /** Creates it, or changes its settings; its pause, note and remaining runs stay. */
    async put(id: string, settings: ScheduleSettings): Promise<void> {
      try {
        await register(id, settings);
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw refusalOf(error, id) ?? error;
        await found(id, () =>
          changeSchedule(schedule, id, (now) => {
            assertManaged(now);
            const { change, words } = differences(settingsOf(now), settings);
            return words.length === 0 && !hasOldZone(now) ? undefined : { settings: change };
          }),
        );
      }
    },

    assertManaged,
    isManaged: (now: ScheduleDescription) => isManaged(now, taskQueue),

    async describe(id: string): Promise<ScheduleDescription> {
      return found(id, () => schedule.getHandle(id).describe());
    },

    async pause(id: string, note?: string): Promise<void> {
      // The SDK's own default notes hold a stray quotation mark.
      await found(id, () => schedule.getHandle(id).pause(note ?? 'Paused by slack-reports'));
    },

    async unpause(id: string, note?: string): Promise<void> {
      await found(id, () => schedule.getHandle(id).unpause(note ?? 'Unpaused by slack-reports'));
      // It may have no fire for an hour, and something may have come due in the pause.
      if (settingsOf(await schedule.getHandle(id).describe()).whenDue) await schedule.getHandle(id).trigger();
    },

    async remove(id: string): Promise<void> {
      await found(id, () => schedule.getHandle(id).delete());
    },

    /** Starts a run now, whose nominal time is now, and returns its workflow id. */
    async trigger(id: string): Promise<string> {
      return found(id, () => triggerRun(schedule.getHandle(id)));
    },

    /** Starts runs now for the nominal times in [start, end]; their occurrences are those of that time. */
    async backfill(id: string, { start, end }: { start: Date; end: Date }): Promise<void> {
      // The runs all start at once: any other policy would drop some.
      const overlap = ScheduleOverlapPolicy.ALLOW_ALL;
      await found(id, () => schedule.getHandle(id).backfill({ start, end, overlap }));
    },

    /**
     * The first time in which the server and our own reading differ, within `aheadMs` milliseconds from an instant; undefined if
     * there is none. Not for schedules with jitter, or with crons that we don't read.
     */
    async differsFrom(id: string, times: ScheduleTimes, from: Date, aheadMs: number) {
      if (times.cron.some((cron) => cron.split(' ').length !== 5)) return undefined;
      const horizon = new Date(from.getTime() + aheadMs);
      const theirs = await this.timesBetween(id, from, horizon);
      const last = theirs.length < LISTED_MAX ? horizon : (theirs.at(-1) ?? horizon);
      // The server lists dates to skip no more than we do.
      const ours = firesBetween(times, from, last).flatMap(({ at }) => at ?? []);
      const at = Array.from({ length: Math.max(theirs.length, ours.length) }, (_, n) => n).find(
        (n) => theirs[n]?.getTime() !== ours[n]?.getTime(),
      );
      return at === undefined ? undefined : { server: theirs[at]?.toISOString(), ours: ours[at]?.toISOString() };
    },

    /** The first thousand times in (start, end] by the server's own calculation, with jitter. */
    async timesBetween(id: string, start: Date, end: Date): Promise<Date[]> {
      const asked = {
        namespace: schedule.options.namespace,
        scheduleId: id,
        startTime: optionalDateToTs(start) ?? null,
        endTime: optionalDateToTs(end) ?? null,
      };
      const answer = await found(id, () => schedule.workflowService.listScheduleMatchingTimes(asked));
      return answer.startTime.map(tsToDate);
    },
  };
}

type Service = ScheduleClient['workflowService'];

/** The SDK's client, whose new schedules have our rules for their zone: its own options have no place for them. */
function withZoneData(client: ScheduleClient): ScheduleClient {
  const { connection, workflowService: service } = client;
  const createSchedule = (request: Parameters<Service['createSchedule']>[0]) => {
    const spec = request.schedule?.spec;
    const timezoneData = zoneData(spec?.timezoneName ?? DEFAULTS.timezone);
    return service.createSchedule({ ...request, schedule: { ...request.schedule, spec: { ...spec, timezoneData } } });
  };
  const patched = Object.create(service, { createSchedule: { value: createSchedule } }) as Service;
  const through = Object.create(connection, { workflowService: { value: patched } }) as typeof connection;
  return Object.create(client, { connection: { value: through } }) as ScheduleClient;
}

/** How long the server may take to show the run that a trigger started, and the time between looks, in milliseconds. */
const DEADLINE_MS = 10_000;
const LOOK_MS = 100;

/** Triggers a schedule and returns the workflow id of the run that this started. */
async function triggerRun(handle: ScheduleHandle): Promise<string> {
  const known = new Set(startedBy(await handle.describe()));
  await handle.trigger(ScheduleOverlapPolicy.ALLOW_ALL);
  const look = async () => startedBy(await handle.describe()).find((workflowId) => !known.has(workflowId));
  try {
    return await until(look, { what: 'the run', deadlineMs: DEADLINE_MS, everyMs: LOOK_MS });
  } catch (error) {
    if (!(error instanceof WaitedTooLong)) throw error;
    throw UserError.failure(
      'trigger_not_seen',
      `Schedule "${handle.scheduleId}" was triggered, but its run has not shown up`,
      {
        hint: `Look at it with \`slack-reports schedule describe ${handle.scheduleId}\`; two triggers in one second start one run.`,
        cause: error,
      },
    );
  }
}

function startedBy(description: ScheduleDescription): string[] {
  return description.info.recentActions.map(({ action }) => action.workflow.workflowId);
}
