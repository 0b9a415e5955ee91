import { sql } from 'kysely';
import { isPostgres } from '../../lib/database-url.ts';
import { messageOf } from '../../lib/errors.ts';
import { CLOCK_SKEW_S } from '../../slack/history.ts';
import { SANDBOX_REF } from '../../slack/tokens.ts';
import type { Workspace } from '../../store/workspaces.ts';
import type { Check, ClockContext } from './check.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

/** How long Slack may take to answer with its time, in milliseconds. */
const CLOCK_TIMEOUT_MS = 5_000;
/**
 * How far this machine's clock may be off, in seconds: two machines that are off in opposite directions are twice as far from each
 * other, and that is as much as the look-up of a lost answer allows for.
 */
const OFF_MAX_S = CLOCK_SKEW_S / 2;
const OFF_NOTICED_S = CLOCK_SKEW_S / 4;

/**
 * We look up a lost answer in the channel's history, around the time this machine believes it posted. If its clock is
 * too far off, we miss the message and post it again.
 */
export const slackClock: Check<ClockContext> = async ({ config, workspaces }) => {
  // The sandbox uses this machine's clock.
  if (!workspaces.some((workspace: Workspace) => workspace.tokenRef !== SANDBOX_REF)) return [];
  try {
    const url = new URL('api.test', config.slack.apiUrl);
    const asked = Date.now();
    const { headers } = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(CLOCK_TIMEOUT_MS) });
    const theirs = Date.parse(headers.get('date') ?? '');
    return Number.isNaN(theirs) ? [] : [clockFinding('Slack', (asked + Date.now()) / 2 - theirs)];
  } catch (error) {
    const why = `Slack's could not be read: ${messageOf(error)}`;
    return [warn('clock', why, 'Check that this machine can reach Slack.')];
  }
};

/** Machines that share a store keep Slack's limits together by their clocks. */
export const storeClock: Check<ClockContext> = async ({ store }) => {
  if (!isPostgres(store.url)) return [];
  const asked = Date.now();
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`.execute(store.db);
  return rows.map(({ ms }) => clockFinding('Postgres', (asked + Date.now()) / 2 - ms));
};

/** `aheadMs`: how much later it is on this machine than at the other one. */
export function clockFinding(whose: 'Slack' | 'Postgres' | 'Temporal', aheadMs: number): Finding {
  const what = 'clock';
  const offS = Math.round(Math.abs(aheadMs) / 1_000);
  if (offS <= OFF_NOTICED_S) return ok(what, `${offS} s from that of ${whose}`);
  const off = `this machine's is ${offS} s ${aheadMs < 0 ? 'behind' : 'ahead of'} that of ${whose}`;
  const say = offS <= OFF_MAX_S ? warn : fail;
  return say(
    what,
    `${off}: more than ${OFF_MAX_S} s, and reports may be late or doubled, and workers look dead`,
    'Synchronize the clock of this machine with NTP (`timedatectl set-ntp true`), and then restart its workers.',
  );
}
