import type { Schedules } from '../schedule.ts';
import type { Declared } from './file.ts';
import { differences, settingsOf, type Difference, type ScheduleSettings } from './settings.ts';

/** What differs between a file and the server. */
export interface Plan {
  added: { id: string; settings: ScheduleSettings }[];
  changed: { id: string; settings: ScheduleSettings; differences: Difference[] }[];
  /** Ids of schedules of ours that are not in the file. */
  extra: string[];
  unchanged: number;
}

/** Compares; changes nothing. Throws a UserError where an id of the file is taken by a schedule that is not ours. */
export async function planOf(all: Schedules, declared: Declared): Promise<Plan> {
  const plan: Plan = { added: [], changed: [], extra: [], unchanged: 0 };
  for (const [id, settings] of declared) {
    const now = await all.find(id);
    if (now === undefined) {
      plan.added.push({ id, settings });
      continue;
    }
    all.mustBeOurs(now);
    const { words } = differences(settingsOf(now), settings);
    if (words.length > 0) plan.changed.push({ id, settings, differences: words });
    else plan.unchanged += 1;
  }
  for (const { scheduleId } of await all.list()) {
    if (declared.has(scheduleId)) continue;
    const now = await all.look(scheduleId); // the list may be behind, and has those of others
    if (now !== undefined && all.isOurs(now)) plan.extra.push(scheduleId);
  }
  plan.extra.sort();
  return plan;
}

/** Makes it so; `remove` names those of `extra` that go. Others may apply the same at the same time. */
export async function carryOut(all: Schedules, { added, changed }: Plan, remove: readonly string[]): Promise<void> {
  for (const { id, settings } of [...added, ...changed]) await all.put(id, settings);
  for (const id of remove) {
    if ((await all.find(id)) !== undefined) await all.remove(id);
  }
}
