import type { Client } from '@temporalio/client';
import { changeSchedule } from './change.ts';
import {
  type DuePlan,
  type Fired,
  isWhenDue,
  type Needs,
  nextFire,
  nextPlan,
  planOfCalendars,
  samePlan,
} from './due-plan.ts';
import { isManaged, TICK } from './managed.ts';
import { findSchedule } from './tolerant-client.ts';

/** Asked for each attempt, so that a change of a notification meanwhile counts. */
export type ReadNeeds = (now: Date) => Promise<Needs>;

/**
 * Brings the times of `tick` up to date with what is due, and returns its next fire. Undefined if there is no such schedule
 * of ours, or if its times are a person's own: those stay.
 */
export async function followDue(
  { schedule }: Client,
  taskQueue: string,
  { readNeeds, fired }: { readNeeds: ReadNeeds; fired?: Fired | undefined },
): Promise<Date | undefined> {
  const found = await findSchedule(schedule, TICK);
  if (found === undefined || !isManaged(found, taskQueue) || !isWhenDue(found.spec)) return undefined;
  let plan: DuePlan | undefined;
  await changeSchedule(schedule, TICK, async (now) => {
    plan = undefined;
    if (!isManaged(now, taskQueue) || !isWhenDue(now.spec)) return undefined;
    const at = new Date();
    const before = planOfCalendars(now.spec.calendars ?? []);
    plan = nextPlan(before, await readNeeds(at), at, fired);
    return samePlan(before, plan, at) ? undefined : { settings: {}, plan };
  });
  return plan && new Date(nextFire(plan, Date.now()));
}

/** The same by a worker's own client, after due times have moved. */
export async function planAgain(
  { client, options }: { client: Client | undefined; options: { taskQueue: string } },
  { dueTimes }: { dueTimes: { needs: ReadNeeds } },
): Promise<void> {
  if (client !== undefined) await followDue(client, options.taskQueue, { readNeeds: dueTimes.needs });
}
