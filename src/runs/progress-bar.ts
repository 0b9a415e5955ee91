import { COUNTED_AS, countName, type DispatchProgress } from '../contract/dispatch.ts';

const BAR_WIDTH = 30;

/** A line that is drawn over itself on a terminal; silent where the output is a file or a pipe. */
export function progressBar(out: NodeJS.WriteStream = process.stderr, now: () => number = Date.now) {
  let first: { done: number; at: number } | undefined;
  let drawn = false;
  return {
    draw: (progress: DispatchProgress): void => {
      if (!out.isTTY) return;
      const done = doneOf(progress);
      first ??= { done, at: now() };
      const line = formatProgress(progress) + formatPace(progress.due - done, done - first.done, now() - first.at);
      // A line that the terminal breaks in two cannot be drawn over.
      out.write(`\r\u001B[2K${line.slice(0, (out.columns || Infinity) - 1)}`);
      drawn = true;
    },
    clear: (): void => {
      if (drawn) out.write('\r\u001B[2K');
      drawn = false;
    },
  };
}

const NOT_DELIVERED = Object.values(COUNTED_AS);

/** Deliveries that have come to an end, whichever. */
export function doneOf(progress: DispatchProgress): number {
  const ended = NOT_DELIVERED.reduce((sum, state) => sum + progress[state], 0);
  return progress.delivered + progress.skipped + progress.already + ended;
}

function formatProgress(progress: DispatchProgress): string {
  const { due, delivered } = progress;
  const troubled = NOT_DELIVERED.filter((state) => progress[state] > 0);
  const done = doneOf(progress);
  const filled = due === 0 ? BAR_WIDTH : Math.round((done / due) * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const parts = [`${delivered} delivered`, ...troubled.map((state) => `${progress[state]} ${countName(state)}`)];
  return `${bar} ${done}/${due}  ${parts.join(', ')}`;
}

/** "  4.8/s, 2 min left", once something has been done while it was looked at. */
function formatPace(left: number, done: number, ms: number): string {
  if (done <= 0 || ms <= 0 || left <= 0) return '';
  const perSecond = (done / ms) * 1_000;
  const seconds = Math.ceil(left / perSecond);
  const time = seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return `  ${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s, ${time} left`;
}

/** "25 notifications dispatched: 24 delivered, 1 parked (#legacy-reports: is_archived)" */
export function formatSummary(progress: DispatchProgress): string {
  const { due, delivered, skipped, already, late, missed } = progress;
  const parts = [`${delivered} delivered`];
  if (skipped > 0) parts.push(`${skipped} skipped`);
  for (const state of NOT_DELIVERED) if (progress[state] > 0) parts.push(formatFailures(progress, state));
  if (already > 0) parts.push(`${already} left to another run`);
  if (late > 0) parts.push(`${late} of them late`);
  if (missed > 0) parts.push(`${missed} missed`);
  return `${due === 1 ? '1 notification' : `${due} notifications`} dispatched: ${parts.join(', ')}`;
}

function formatFailures(progress: DispatchProgress, count: (typeof NOT_DELIVERED)[number]): string {
  const named = progress.failures.filter(({ state }) => COUNTED_AS[state] === count);
  const reasons = named.map(({ channel, code }) => `${channel}: ${code}`);
  const unnamed = progress[count] - named.length;
  if (unnamed > 0) reasons.push(`and ${unnamed} more`);
  return `${progress[count]} ${countName(count)} (${reasons.join(', ')})`;
}
