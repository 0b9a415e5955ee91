import { Context } from '@temporalio/activity';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { isZone } from '../domain/recurrence/recurrence.ts';
import { durationText } from '../lib/duration.ts';
import { messageOf } from '../lib/errors.ts';
import { type Schedules, schedules } from '../schedule.ts';
import { firesBetween, lastFireOf, slotOf } from '../scheduling/fires.ts';
import { DEFAULTS, timesOf } from '../scheduling/settings.ts';
import { LATE_AFTER_MS } from '../domain/still-due.ts';
import { TICK } from '../scheduling/managed.ts';
import type { Delay, Fire } from '../store/claims/claim-rows.ts';
import type { Store } from '../store/open.ts';
import type { ScheduleCheck } from '../store/claims/dropped-fires.ts';

/** Time between two looks at one schedule, in milliseconds. */
const LOOK_EVERY_MS = 5 * 60_000;
/** Schedules looked at by one run. */
const LOOKS_MAX = 20;
/** The server counts what it dropped some time after it is up again: so much is looked at again, in milliseconds. */
const SETTLE_MS = 15 * 60_000;

const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

interface ScheduledRun {
  scheduleId: string;
  nominal: Date;
  startedAt: Date;
}

/** What a run of a schedule stands for. */
export interface FireSeen {
  fire?: Fire;
  /** The fire of the same local time that came before, where there is one: riders get one report for both. */
  slot?: Date;
  /** The outcome of a run that waited for a worker. */
  delay?: Delay;
}

/** Looks at the schedule of a run. */
export async function lookAtFire(run: ScheduledRun): Promise<FireSeen> {
  const { scheduleId, nominal, startedAt } = run;
  const waitedMs = waitOf(run);
  // Most runs of `tick` have own recurrences only, which have catch-up windows of their own.
  if (scheduleId === TICK && waitedMs === undefined) return {};
  const description = await managedSchedules().look(scheduleId);
  const times = timesOf(description?.spec);
  const isKnown = description !== undefined && isZone(times.timezone);
  const slot = isKnown ? slotOf(times, nominal) : nominal;
  const { catchupWindow: catchUpMs } = description?.policies ?? DEFAULTS;
  const fire = { startedAt, catchUpMs };
  const seen = { fire, ...(slot.getTime() !== nominal.getTime() && { slot }) };
  if (waitedMs === undefined) return seen;
  const { client } = Context.current();
  const last = isKnown ? lastFireOf(times, slot) : nominal;
  const { count } = await client.workflow.count(`${runsOf(scheduleId)} AND ${after('>', last)}`);
  return { ...seen, delay: { tooLate: waitedMs > catchUpMs, superseded: count > 0 } };
}

/**
 * How long a run waited for a worker, in milliseconds. Undefined where it did not. One that Temporal itself started late, after
 * an outage of its own or as a backfill, is to be done as it is.
 */
function waitOf({ nominal, startedAt }: ScheduledRun): number | undefined {
  const waitedMs = Date.now() - startedAt.getTime();
  const startedLate = startedAt.getTime() - nominal.getTime() > LATE_AFTER_MS;
  return startedLate || waitedMs <= LATE_AFTER_MS ? undefined : waitedMs;
}

/**
 * Temporal drops the fires of a schedule for which its server was down for longer than the catch-up window, and counts
 * them: no run comes of them. Here their riders get rows, `missed`. What a paused schedule leaves out it does not count.
 * A schedule that cannot be looked at is logged, and looked at again; nothing waits for it.
 */
export async function recordDroppedFires(store: Store, dispatchId: string, beat: () => void): Promise<void> {
  const now = new Date();
  const due = await store.scheduleChecks.due(new Date(now.getTime() - LOOK_EVERY_MS), LOOKS_MAX);
  for (const check of due) {
    try {
      await look(store, { check, dispatchId, now, beat });
    } catch (error) {
      const context = { schedule: check.scheduleId, error: messageOf(error) };
      Context.current().log.warn('Cannot check whether the schedule dropped fires', context);
    }
  }
}

async function look(
  store: Store,
  { check, dispatchId, now, beat }: { check: ScheduleCheck; dispatchId: string; now: Date; beat: () => void },
) {
  const { scheduleId, last } = check;
  const description = await managedSchedules().find(scheduleId);
  if (description === undefined) return store.scheduleChecks.forget(scheduleId);
  const { catchupWindow } = description.policies;
  const count = description.info.numActionsMissedCatchupWindow;
  // No younger fire can have been dropped: the server would still start it.
  const until = new Date(now.getTime() - catchupWindow);
  const from = new Date(last?.checkedUntil ?? until);
  // A smaller count than before is that of a new schedule of this id.
  const seen = last?.dropped ?? count;
  const dropped = count < seen ? count : count - seen;
  const nominals = dropped === 0 ? [] : (await withoutRun(scheduleId, description.spec, from, until)).slice(-dropped);
  const settled = new Date(until.getTime() - SETTLE_MS);
  const checkedUntil = dropped > 0 ? until : settled > from ? settled : from;
  await store.scheduleChecks.record(
    {
      scheduleId,
      dispatchId,
      nominals,
      reason: `Temporal dropped this fire of ${scheduleId}: its server was down for longer than the catch-up window of ${durationText(catchupWindow)}`,
      seen: { checkedUntil: checkedUntil.toISOString(), dropped: count, lookedAt: now.toISOString() },
    },
    beat,
  );
}

type Spec = NonNullable<Awaited<ReturnType<Schedules['find']>>>['spec'];

/** The schedule's times in (from, until] of which no run has come. */
async function withoutRun(scheduleId: string, spec: Spec, from: Date, until: Date): Promise<Date[]> {
  const { client } = Context.current();
  const started = new Set<number>();
  const query = `${runsOf(scheduleId)} AND ${after('>', from)} AND ${after('<=', until)}`;
  for await (const run of client.workflow.list({ query })) {
    started.add(run.typedSearchAttributes.get(SCHEDULED_START)?.getTime() ?? 0);
  }
  const fires = await timesOfSchedule(scheduleId, spec, from, until);
  const times = timesOf(spec);
  if (!isZone(times.timezone)) return fires.filter((at) => !started.has(at.getTime()));
  // Where two fires stand for one local time, riders get one report for both.
  const slots = new Set([...started].map((at) => slotOf(times, new Date(at)).getTime()));
  const missing = fires.map((at) => slotOf(times, at).getTime()).filter((slot) => !slots.has(slot));
  return [...new Set(missing)].map((slot) => new Date(slot));
}

/** The server computes them itself, in pages; but with the jitter, which is not part of a nominal time. */
async function timesOfSchedule(scheduleId: string, spec: Spec, from: Date, until: Date): Promise<Date[]> {
  if (spec.jitter) return firesBetween(timesOf(spec), from, until).flatMap(({ at }) => at ?? []);
  const times: Date[] = [];
  for (let page = await managedSchedules().timesBetween(scheduleId, from, until); page.length > 0;) {
    times.push(...page);
    page = await managedSchedules().timesBetween(scheduleId, page.at(-1) ?? until, until);
  }
  return times;
}

function managedSchedules(): Schedules {
  const { client, info } = Context.current();
  return schedules(client, info.taskQueue);
}

function runsOf(scheduleId: string): string {
  return `TemporalScheduledById = '${scheduleId.replaceAll("'", "''")}'`;
}

/**
 * Fires stand at whole seconds, and are compared with the middle of one: the dev server's SQLite compares texts, of which
 * that of a whole second in a query (`13:52:50+00:00`) comes before the same one in the table (`13:52:50.000+00:00`).
 */
function after(sign: '>' | '<=', time: Date): string {
  const second = Math.floor(time.getTime() / 1_000) * 1_000;
  return `TemporalScheduledStartTime ${sign} '${new Date(second + 500).toISOString()}'`;
}
