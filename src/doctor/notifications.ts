import { z } from 'zod';
import { isComing, namedBy } from '../schedules/one-off.ts';
import type { Notification } from '../store/notifications.ts';
import { fail, type Finding, named, ok, warn } from './finding.ts';
import { CATCH_UP_MS } from '../store/claim-rows.ts';
import type { CrossContext as BothPlace, StoreContext as StorePlace } from './check.ts';

const idsOf = (rows: readonly Notification[]) => named(rows.map(({ id }) => id));

/** What would fail at its next occurrence, and not before. */
export async function reportsExist({ notifications, reports }: StorePlace): Promise<Finding[]> {
  const unknown = Map.groupBy(
    notifications.filter(({ report }) => reports.find(report) === undefined),
    ({ report }) => report,
  );
  const findings = Array.from(unknown, ([report, rows]) =>
    fail(
      `report ${report}`,
      `there is none, and ${idsOf(rows)} asks for it`,
      'Put its file into the folder of your reports (SLACK_REPORTS_DIR, --reports), or remove the notification.',
    ),
  );
  const unfit = Map.groupBy(notifications, (row) => paramsProblem(row, reports));
  for (const [problem, rows] of unfit) {
    if (problem === undefined) continue;
    const remedy = `\`slack-reports report show ${rows[0]?.report}\` has them.`;
    findings.push(fail(`parameters of ${idsOf(rows)}`, `do not fit report ${problem}`, remedy));
  }
  if (findings.length > 0) return findings;
  return [ok('notifications', `${notifications.length} enabled; their reports exist and take their parameters`)];
}

function paramsProblem({ report, params }: Notification, reports: StorePlace['reports']): string | undefined {
  const checked = reports.find(report)?.params.safeParse(JSON.parse(params));
  return checked === undefined || checked.success ? undefined : `${report}: ${oneLine(z.prettifyError(checked.error))}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replace(/^✖ /, '');
}

export async function parked({ store }: StorePlace): Promise<Finding[]> {
  return (await store.parking.list()).map(({ kind, id, code, since }) =>
    warn(`${kind} ${id}`, `is parked since ${since}: ${code}`, `Mend it, then: slack-reports resume ${id}`),
  );
}

/** Whatever rides a schedule that is not there is never due. */
export async function schedulesExist({ notifications, schedules }: BothPlace): Promise<Finding[]> {
  const bySchedule = Map.groupBy(
    notifications.filter(({ schedule_id }) => schedule_id !== null),
    ({ schedule_id }) => schedule_id ?? '',
  );
  const findings: Finding[] = [];
  for (const [id, rows] of bySchedule) {
    const what = `schedule ${id}`;
    const found = await schedules.look(id);
    if (found === undefined) {
      const detail = `does not exist, so that ${rows.length} notifications are never due: ${idsOf(rows)}`;
      findings.push(fail(what, detail, `Create it: slack-reports schedule create ${id} --cron "0 9 * * MON-FRI"`));
    } else if (!schedules.isOurs(found)) {
      const { workflowType, taskQueue } = found.action;
      const detail = `starts ${workflowType} on ${taskQueue}: ${idsOf(rows)} is never due`;
      findings.push(fail(what, detail, 'Take another id, or change it with what made it.'));
    } else if (found.state.paused) {
      const detail = `is paused (${found.state.note ?? ''}): ${idsOf(rows)} gets nothing`;
      findings.push(warn(what, detail, `When it may go on: slack-reports schedule unpause ${id}`));
    }
  }
  if (findings.length > 0 || bySchedule.size === 0) return findings;
  return [ok('schedules', `the ${bySchedule.size} that notifications ride exist`)];
}

/** Own recurrences are looked for by the runs of any schedule: one that fires often has to be there. */
export async function ticks({ notifications, schedules }: BothPlace): Promise<Finding[]> {
  const own = notifications.filter(({ cron }) => cron !== null);
  if (own.length === 0) return [];
  const what = 'own recurrences';
  const remedy = 'Create one: slack-reports schedule create tick --cron "* * * * *"';
  const soonest = await nextLook(schedules);
  if (soonest === undefined) {
    return [fail(what, `no schedule fires that looks for them: ${idsOf(own)} is never sent`, remedy)];
  }
  const { id, at } = soonest;
  if (at.getTime() - Date.now() <= CATCH_UP_MS)
    return [ok(what, `${own.length}, looked for by ${id} at ${at.toISOString()}`)];
  return [
    warn(what, `nothing looks for them before ${at.toISOString()} (${id}): what is due sooner may be missed`, remedy),
  ];
}

async function nextLook(schedules: BothPlace['schedules']): Promise<{ id: string; at: Date } | undefined> {
  const coming = (await schedules.list())
    .filter(({ state }) => !state.paused)
    .flatMap(({ scheduleId: id, info }) => info.nextActionTimes.slice(0, 1).map((at) => ({ id, at })))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  for (const one of coming) {
    // The list does not tell the task queue.
    const found = await schedules.look(one.id);
    if (found !== undefined && schedules.isOurs(found)) return one;
  }
  return undefined;
}

/** A one-off whose notification was removed meanwhile sends nothing. */
export async function sendsHaveTheirs({ store, sends }: BothPlace): Promise<Finding[]> {
  const coming = sends.filter(isComing);
  const wanted = coming.flatMap(namedBy);
  const there = await store.notifications.existing(wanted);
  return coming.flatMap((send) =>
    namedBy(send)
      .filter((one) => !there.has(one))
      .map((one) => {
        const remedy = `Take it back: slack-reports send cancel ${send.id}`;
        return fail(`send ${send.id}`, `its notification ${one} was removed`, remedy);
      }),
  );
}
