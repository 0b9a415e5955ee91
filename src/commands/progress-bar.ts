import type { DispatchProgress } from '../workflows/progress.ts';

const BAR_WIDTH = 30;

/** A line that is drawn over itself on a terminal; silent where the output is a file or a pipe. */
export function progressBar(out: NodeJS.WriteStream = process.stderr) {
  let drawn = false;
  return {
    draw: (progress: DispatchProgress): void => {
      if (!out.isTTY) return;
      out.write(`\r\u001B[2K${formatProgress(progress)}`);
      drawn = true;
    },
    clear: (): void => {
      if (drawn) out.write('\r\u001B[2K');
      drawn = false;
    },
  };
}

function formatProgress({ due, delivered, failed, already }: DispatchProgress): string {
  const done = delivered + failed + already;
  const filled = due === 0 ? BAR_WIDTH : Math.round((done / due) * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  return `${bar} ${done}/${due}  ${delivered} delivered${failed > 0 ? `, ${failed} failed` : ''}`;
}

/** "25 notifications dispatched: 24 delivered, 1 failed (#legacy-reports: is_archived)" */
export function formatSummary({ due, delivered, failed, already, failures }: DispatchProgress): string {
  const what = due === 1 ? '1 notification' : `${due} notifications`;
  const more = failed > failures.length ? `, and ${failed - failures.length} more` : '';
  const reasons = failures.map(({ channel, code }) => `${channel}: ${code}`).join(', ');
  const parts = [`${delivered} delivered`, failed > 0 ? `${failed} failed (${reasons}${more})` : '0 failed'];
  if (already > 0) parts.push(`${already} left to another run`);
  return `${what} dispatched: ${parts.join(', ')}`;
}
