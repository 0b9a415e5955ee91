import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ScheduleClient, ScheduleDescription } from '@temporalio/client';
import {
  encodeSchedulePolicies,
  encodeScheduleSpec,
  encodeScheduleState,
} from '@temporalio/client/lib/schedule-helpers.js';
import { toPayloads, defaultPayloadConverter } from '@temporalio/common';
import { isZone } from '../domain/recurrence/recurrence.ts';
import { UserError } from '../lib/errors.ts';
import { calendarsOf, type DuePlan } from './due-plan.ts';
import { hasOlderZoneData, zoneData, zoneDataVersion } from './zone-data.ts';
import { argsOf, DEFAULTS, settingsOf, specOf, type ScheduleSettings } from './settings.ts';

/** What is to be changed of a schedule; what is not named stays. */
export interface ScheduleChange {
  settings: Partial<ScheduleSettings>;
  /** The times of a schedule that fires when something is due. */
  plan?: DuePlan;
  note?: string;
  /** How many times it may still fire; null lifts the limit. */
  remainingRuns?: number | null;
}

/** How many other updates may come first; each try waits up to `LONGER_MS` longer. */
const ATTEMPTS = 40;
const LONGER_MS = 20;

/**
 * Changes a schedule until `decide` finds nothing left to change, and returns how it was and how it is.
 *
 * The SDK's `update` sends no conflict token, and the server drops an update whose token is old without saying so
 * (v1.29.1, service/worker/scheduler/workflow.go); so the schedule is read and decided on again after each. What the
 * server has is sent back as it came, but for the change: the note, the pause, headers, timeouts.
 */
export async function changeSchedule(
  client: ScheduleClient,
  id: string,
  decide: (now: ScheduleDescription) => ScheduleChange | undefined | Promise<ScheduleChange | undefined>,
): Promise<{ before: ScheduleDescription; after: ScheduleDescription }> {
  const handle = client.getHandle(id);
  let before: ScheduleDescription | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const now = await handle.describe();
    before ??= now;
    const change = await decide(now);
    if (change === undefined) return { before, after: now };
    await client.workflowService.updateSchedule({
      namespace: client.options.namespace,
      identity: client.options.identity,
      requestId: randomUUID(),
      scheduleId: id,
      conflictToken: now.raw.conflictToken ?? null,
      schedule: changed(now, change),
    });
    if (attempt > 0) await setTimeout(Math.random() * attempt * LONGER_MS);
  }
  throw UserError.failure('schedule_contended', `Schedule "${id}" keeps being changed by others`, {
    hint: 'Nothing of this change is half done: try again.',
  });
}

type RawSchedule = NonNullable<ScheduleDescription['raw']['schedule']>;

function changed(now: ScheduleDescription, { settings, plan, note, remainingRuns }: ScheduleChange): RawSchedule {
  const { spec, policies, action, state } = now.raw.schedule ?? {};
  const named = encodeScheduleSpec(specOf({ ...DEFAULTS, ...settings }));
  return {
    spec: {
      ...spec,
      // The server compiles crons into calendars, and would add new ones to those.
      ...(('cron' in settings || 'whenDue' in settings) && {
        cronString: named.cronString,
        structuredCalendar: named.structuredCalendar,
        calendar: [],
      }),
      ...('every' in settings && { interval: named.interval }),
      ...('skip' in settings && { excludeStructuredCalendar: named.excludeStructuredCalendar, excludeCalendar: [] }),
      ...zoneOf(now, settings.timezone),
      ...('start' in settings && { startTime: named.startTime }),
      ...('end' in settings && { endTime: named.endTime }),
      ...('jitter' in settings && { jitter: named.jitter }),
      ...(plan && { structuredCalendar: encodeScheduleSpec({ calendars: calendarsOf(plan) }).structuredCalendar }),
    },
    policies: { ...policies, ...encodedPolicies(settings) },
    action: {
      startWorkflow: {
        ...action?.startWorkflow,
        ...(('window' in settings || 'input' in settings) && {
          input: {
            payloads: toPayloads(defaultPayloadConverter, ...argsOf({ ...settingsOf(now), ...settings })) ?? [],
          },
        }),
      },
    },
    state: {
      ...state,
      ...(note !== undefined && { notes: note }),
      ...(remainingRuns !== undefined && limitOf(remainingRuns)),
    },
  };
}

/** The zone with our rules for it, unless newer ones are there. */
function zoneOf(now: ScheduleDescription, named: string | undefined) {
  const { timezoneName, timezoneData } = now.raw.schedule?.spec ?? {};
  const timezone = named ?? (timezoneName || DEFAULTS.timezone);
  const stays = named === undefined || named === timezoneName;
  if (stays && !hasOlderZoneData(timezone, timezoneData)) return {};
  return isZone(timezone) ? { timezoneName: timezone, timezoneData: zoneData(timezone) } : {};
}

/** True if the server reads its local times by other rules than ours, and ours are newer. */
export function hasOldZone(now: ScheduleDescription): boolean {
  const { timezoneName, timezoneData } = now.raw.schedule?.spec ?? {};
  const timezone = timezoneName || DEFAULTS.timezone;
  return isZone(timezone) && hasOlderZoneData(timezone, timezoneData);
}

/** Which rules of its zone a schedule has: "2026c", or the server's own. */
export function zoneRulesOf(now: ScheduleDescription): string {
  const version = zoneDataVersion(now.raw.schedule?.spec?.timezoneData);
  return version === null ? "the server's" : (version ?? 'of another program');
}

function encodedPolicies({ overlap, catchupWindow, pauseOnFailure }: Partial<ScheduleSettings>) {
  return Object.fromEntries(
    Object.entries(
      encodeSchedulePolicies({
        ...(overlap !== undefined && { overlap }),
        ...(catchupWindow !== undefined && { catchupWindow }),
        ...(pauseOnFailure !== undefined && { pauseOnFailure }),
      }),
    ).filter(([, value]) => value !== undefined),
  );
}

function limitOf(remainingRuns: number | null) {
  const { limitedActions, remainingActions } = encodeScheduleState(
    remainingRuns === null ? {} : { remainingActions: remainingRuns },
  );
  return { limitedActions, remainingActions };
}
