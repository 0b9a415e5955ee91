import { TZ_VERSION } from '../domain/recurrence/recurrence.ts';
import { UserError } from '../lib/errors.ts';
import type { Schedules } from '../schedule.ts';
import { hasOldZone, zoneRulesOf } from './change.ts';
import type { Declared } from './file.ts';
import { differences, settingsOf, type Difference, type ScheduleSettings } from './settings.ts';

/** The differences between a file and the server. */
export interface Plan {
  added: { id: string; settings: ScheduleSettings }[];
  changed: { id: string; settings: ScheduleSettings; differences: Difference[] }[];
  /** Ids of managed schedules that are not in the file. */
  extra: string[];
  /** Those that the server has and cannot show, in the file or not. */
  unreadable: Refused[];
  unchanged: number;
}

interface Refused {
  id: string;
  error: UserError;
}

/** Compares; changes nothing. Throws a UserError if a schedule that we don't manage has an id of the file. */
export async function planOf(all: Schedules, declared: Declared): Promise<Plan> {
  const plan: Plan = { added: [], changed: [], extra: [], unreadable: [], unchanged: 0 };
  const read = async (id: string, look: Schedules['find']) => {
    try {
      return await look(id);
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'refused') throw error;
      plan.unreadable.push({ id, error });
      return 'unreadable';
    }
  };
  for (const [id, settings] of declared) {
    const now = await read(id, all.find);
    if (now === 'unreadable') continue;
    if (now === undefined) {
      plan.added.push({ id, settings });
      continue;
    }
    all.assertManaged(now);
    const { words } = differences(settingsOf(now), settings);
    if (hasOldZone(now)) words.push({ setting: 'timezone rules', old: zoneRulesOf(now), new: TZ_VERSION });
    if (words.length > 0) plan.changed.push({ id, settings, differences: words });
    else plan.unchanged += 1;
  }
  for (const { scheduleId } of await all.list()) {
    if (declared.has(scheduleId)) continue;
    const now = await read(scheduleId, all.look); // the list may be stale, and has schedules of others
    if (now !== undefined && now !== 'unreadable' && all.isManaged(now)) plan.extra.push(scheduleId);
  }
  plan.extra.sort();
  return plan;
}

/** The outcome of a plan. */
export interface Applied {
  /** Ids of those that are as the file says now, or are removed. */
  done: string[];
  failed: Refused[];
}

/**
 * Applies the plan, and removes those of `extra` named in `remove`. One that the server refuses stops none of the others, and
 * the next `apply` finishes it. Others may apply the same plan meanwhile.
 */
export async function carryOut(
  all: Schedules,
  { added, changed }: Pick<Plan, 'added' | 'changed'>,
  remove: readonly string[],
): Promise<Applied> {
  const applied: Applied = { done: [], failed: [] };
  const attempt = async (id: string, work: () => Promise<void>) => {
    try {
      await work();
      applied.done.push(id);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      applied.failed.push({ id, error });
    }
  };
  for (const { id, settings } of [...added, ...changed]) await attempt(id, () => all.put(id, settings));
  for (const id of remove) {
    await attempt(id, async () => {
      if ((await all.find(id)) !== undefined) await all.remove(id);
    });
  }
  return applied;
}
