import { TZ_VERSION } from '../../domain/recurrence/recurrence.ts';
import { timesOf } from '../../scheduling/settings.ts';
import type { Check, CrossContext } from './check.ts';
import { type Finding, ok, warn } from './finding.ts';

const DAY_MS = 86_400_000;
const OLD_MS = 365 * DAY_MS;
/** A release is out by then, at most: there are some eight in a year, and the letter counts them. */
const RELEASE_MS = 45 * DAY_MS;

/** The rules by which local times are read. Countries change theirs several times a year. */
export function tzVersion(now: Date): Finding[] {
  const what = 'time zones';
  const node = `Node ${process.versions.node}`;
  const [, year, letter = 'a'] = /^(\d{4})([a-z])/.exec(TZ_VERSION) ?? [];
  if (year === undefined)
    return [warn(what, `${node} does not report the version of its tz database`, 'Use an official build of Node.')];
  const released = Date.UTC(Number(year), 0, 1) + (letter.charCodeAt(0) - 'a'.charCodeAt(0) + 1) * RELEASE_MS;
  const detail = `tz database ${TZ_VERSION}, of ${node}`;
  if (now.getTime() - released < OLD_MS) return [ok(what, detail)];
  return [warn(what, `${detail}, is older than a year: zones may have newer rules by now`, 'Update Node.')];
}

/** How far ahead the server's times are compared with ours. */
const AHEAD_MS = 400 * DAY_MS;

/** A schedule that was made or changed elsewhere follows the server's own rules, which may be older. */
export const scheduleRules: Check<CrossContext> = async ({ schedules }) => {
  const findings: Finding[] = [];
  for (const { scheduleId: id } of await schedules.list()) {
    const found = await schedules.look(id);
    if (found === undefined || !schedules.isManaged(found) || (found.spec.jitter ?? 0) > 0) continue;
    const difference = await schedules.differsFrom(id, timesOf(found.spec), new Date(), AHEAD_MS);
    if (difference === undefined) continue;
    const { server, ours } = difference;
    findings.push(
      warn(
        `schedule ${id}`,
        `fires at ${server ?? 'no time'} by the server's rules, and would at ${ours ?? 'no time'} by ours (tz ${TZ_VERSION})`,
        `Give it our rules: slack-reports schedule update ${id} --timezone ${found.spec.timezone ?? 'UTC'}`,
      ),
    );
  }
  return findings;
};
