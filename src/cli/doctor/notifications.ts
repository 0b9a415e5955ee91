import { z } from 'zod';
import type { Notification } from '../../domain/notification.ts';
import { isPending, namedBy } from '../../scheduling/send.ts';
import { fail, type Finding, named, ok, stopped, warn } from './finding.ts';
import { databases } from '../../reports/sources/databases.ts';
import { loadSources } from '../../sources/folder.ts';
import { isWhenDue } from '../../scheduling/due-plan.ts';
import { TICK } from '../../scheduling/managed.ts';
import { LATE_AFTER_MS } from '../../domain/still-due.ts';
import { CATCH_UP_WINDOW_MS } from '../../store/claims/claim-rows.ts';
import type { CrossContext, StoreContext } from './check.ts';

const idsOf = (rows: readonly Pick<Notification, 'id'>[]) => named(rows.map(({ id }) => id));

/** What would fail at its next occurrence. */
export async function reportsExist({ notifications, reports }: StoreContext): Promise<Finding[]> {
  const unknown = Map.groupBy(
    notifications.filter(({ report }) => reports.find(report) === undefined),
    ({ report }) => report,
  );
  const findings = Array.from(unknown, ([report, rows]) =>
    fail(
      `report ${report}`,
      `does not exist, but ${idsOf(rows)} needs it`,
      'Put its file into the folder of your reports (SLACK_REPORTS_DIR, --reports), or remove the notification.',
    ),
  );
  const unfit = Map.groupBy(notifications, (row) => paramsProblem(row, reports));
  for (const [problem, rows] of unfit) {
    if (problem === undefined) continue;
    const advice = `\`slack-reports report show ${rows[0]?.report}\` has them.`;
    findings.push(fail(`parameters of ${idsOf(rows)}`, `do not fit report ${problem}`, advice));
  }
  if (findings.length > 0) return findings;
  return [ok('notifications', `${notifications.length} enabled; their reports exist and take their parameters`)];
}

function paramsProblem({ report, params }: Notification, reports: StoreContext['reports']): string | undefined {
  const checked = reports.find(report)?.params.safeParse(params);
  return checked === undefined || checked.success ? undefined : `${report}: ${oneLine(z.prettifyError(checked.error))}`;
}

function oneLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.join(' ').replace(/^✖ /, '');
}

/** They are never sent, and no command can change them. */
export async function readable({ store }: StoreContext): Promise<Finding[]> {
  return (await store.notifications.unreadable()).map(({ id, reason }) =>
    fail(
      `notification ${id}`,
      `cannot be read: ${reason}`,
      `Remove it and add it again: slack-reports notifications remove ${id}`,
    ),
  );
}

/** A source that failed for the last fire of a schedule, or that the worker could not load. */
export async function sourcesRead({ store, config, env }: StoreContext): Promise<Finding[]> {
  const database = databases(config.databaseUrl, env, config.sample);
  const loaded = await loadSources(config.sourcesFolder, database);
  const failed = (await store.sourceReads.list()).flatMap(({ source, schedule, failed: failure }) => {
    if (failure === undefined) return [];
    const detail = `could not be read for schedule ${schedule} at ${failure.at}: ${failure.message}`;
    const advice = `Fix it, then try it: slack-reports notifications list --source ${source}`;
    return [fail(`source ${source}`, detail, advice)];
  });
  if (failed.length > 0 || loaded.length === 0) return failed;
  return [ok('sources', named(loaded.map(({ name }) => name)))];
}

export async function parked({ store }: StoreContext): Promise<Finding[]> {
  return (await store.parking.list()).map(({ kind, id, code, since }) =>
    stopped(`${kind} ${id}`, `is parked since ${since}: ${code}`, `Fix it, then: slack-reports resume ${id}`),
  );
}

/** A notification that rides a missing schedule is never due. */
export async function schedulesExist({ notifications, schedules }: CrossContext): Promise<Finding[]> {
  const riders = notifications.flatMap(({ id, due }) =>
    due.kind === 'schedule' ? [{ id, schedule: due.scheduleId }] : [],
  );
  const bySchedule = Map.groupBy(riders, ({ schedule }) => schedule);
  const findings: Finding[] = [];
  for (const [id, rows] of bySchedule) {
    const what = `schedule ${id}`;
    const found = await schedules.look(id);
    if (found === undefined) {
      const detail = `does not exist, so ${rows.length} notifications are never due: ${idsOf(rows)}`;
      findings.push(fail(what, detail, `Create it: slack-reports schedule create ${id} --cron "0 9 * * MON-FRI"`));
    } else if (!schedules.isManaged(found)) {
      const { workflowType, taskQueue } = found.action;
      const detail = `starts ${workflowType} on ${taskQueue}: ${idsOf(rows)} is never due`;
      findings.push(fail(what, detail, 'Use another id, or change it with the tool that made it.'));
    } else if (found.state.paused) {
      const detail = `is paused (${found.state.note ?? ''}): ${idsOf(rows)} gets nothing`;
      findings.push(stopped(what, detail, `To unpause it: slack-reports schedule unpause ${id}`));
    }
  }
  if (findings.length > 0 || bySchedule.size === 0) return findings;
  return [ok('schedules', `the ${bySchedule.size} that notifications ride exist`)];
}

/** Runs of any schedule claim own recurrences, so there must be a schedule that fires when they are due. */
export async function ticks({ notifications, schedules, store }: CrossContext): Promise<Finding[]> {
  const own = notifications.filter(({ due }) => due.kind === 'recurrence');
  if (own.length === 0) return [];
  const what = 'own recurrences';
  const advice = `Create one: slack-reports schedule create ${TICK} --when-due`;
  const soonest = await nextLook(schedules);
  if (soonest === undefined) {
    return [fail(what, `no schedule fires that claims them: ${idsOf(own)} is never sent`, advice)];
  }
  const { id, at, whenDue } = soonest;
  const [firstDue] = await store.dueTimes.dueUntil(at);
  if (whenDue && firstDue !== undefined && at.getTime() - firstDue > LATE_AFTER_MS) {
    const detail = `${id} fires at ${at.toISOString()}, but one is due at ${new Date(firstDue).toISOString()}`;
    return [warn(what, detail, `To claim it now: slack-reports schedule trigger ${id}`)];
  }
  if (at.getTime() - Date.now() <= CATCH_UP_WINDOW_MS) {
    const how = whenDue ? ', which fires when one is due' : '';
    return [ok(what, `${own.length}, claimed by ${id} at ${at.toISOString()}${how}`)];
  }
  return [
    stopped(what, `nothing claims them before ${at.toISOString()} (${id}): what is due sooner may be missed`, advice),
  ];
}

/** `tick` fires every hour at least; so much longer, and its runs do not come to a claim, in milliseconds. */
const DISPATCH_MAX_MS = 3 * 3_600_000;

/** A schedule that fires and runs that claim are not the same: a worker may be missing, or fail at it. */
export async function dispatches({ store, schedules }: CrossContext): Promise<Finding[]> {
  const last = await store.milestones.at('last_dispatch');
  if (last === undefined) return [];
  const what = 'runs';
  const ageMs = Date.now() - last.getTime();
  const tick = await schedules.look(TICK);
  if (ageMs <= DISPATCH_MAX_MS || tick === undefined || !schedules.isManaged(tick)) {
    return [ok(what, `the last one of a schedule claimed at ${last.toISOString()}`)];
  }
  const detail = `the last one claimed at ${last.toISOString()}, although ${TICK} fires every hour at least`;
  const advice = tick.state.paused
    ? `To unpause it: slack-reports schedule unpause ${TICK}`
    : 'See whether runs start and wait: slack-reports runs list';
  return [fail(what, detail, advice)];
}

async function nextLook(
  schedules: CrossContext['schedules'],
): Promise<{ id: string; at: Date; whenDue: boolean } | undefined> {
  const coming = (await schedules.list())
    .filter(({ state }) => !state.paused)
    .flatMap(({ scheduleId: id, info }) => info.nextActionTimes.slice(0, 1).map((at) => ({ id, at })))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  for (const one of coming) {
    // The list has no task queue.
    const found = await schedules.look(one.id);
    if (found === undefined || !schedules.isManaged(found)) continue;
    const whenDue = isWhenDue(found.spec);
    // The list may be older than a change of its times.
    return { id: one.id, at: (whenDue ? found.info.nextActionTimes[0] : undefined) ?? one.at, whenDue };
  }
  return undefined;
}

/** A scheduled send whose notification was removed sends nothing. */
export async function sendsHaveTheirs({ store, sends }: CrossContext): Promise<Finding[]> {
  const pending = sends.filter(isPending);
  const wanted = pending.flatMap(namedBy);
  const there = await store.notifications.existing(wanted);
  return pending.flatMap((send) =>
    namedBy(send)
      .filter((one) => !there.has(one))
      .map((one) => {
        const advice = `Cancel it: slack-reports send cancel ${send.id}`;
        return fail(`send ${send.id}`, `its notification ${one} was removed`, advice);
      }),
  );
}
