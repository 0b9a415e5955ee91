import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { RunProgress } from '../contract/dispatch.ts';
import { ENDINGS } from './progress.ts';

/** What the Web UI shows of a run under way, in Markdown; far below the 20,000 bytes that Temporal takes. */
export function showInWebUi(progress: RunProgress): void {
  const { due, late, missed, delivered, skipped, already, failures, reasons, oldest, paused, concurrency, partitions } =
    progress;
  const endings = ENDINGS.map((state) => `${progress[state]} ${state}`).join(', ');
  const nothing = skipped > 0 ? `, ${skipped} skipped` : '';
  const others = already > 0 ? `, ${already} left to another run` : '';
  const tardy = late > 0 ? `, ${late} of them late` : '';
  const lost = missed > 0 ? `; ${missed} missed: nothing was running when they were due` : '';
  const state = paused ? '**Paused**: no further delivery starts' : `At most ${concurrency} under way at once`;
  const named = failures.map((failure) => {
    const { notification, channel, state: ending, code } = failure;
    return `- ${notification} → ${channel}: ${ending}, ${code}`;
  });
  const lines = [
    `**${delivered} of ${due} delivered**, ${endings}${nothing}${others}${tardy}${lost}; ${rateOf(progress)}`,
    state,
    oldest === undefined
      ? ''
      : `Oldest under way: ${oldest.notification} → ${oldest.channel}, planned for ${oldest.slot}`,
    partitions === undefined ? '' : `Partitions under way: ${partitions.length}; each is counted when it has ended`,
    section(
      'Not delivered, by reason',
      Object.entries(reasons).map(([reason, count]) => `- ${reason}: ${count}`),
    ),
    section('The first of them', named),
  ];
  setCurrentDetails(lines.filter((line) => line !== '').join('\n\n'));
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`${title}:`, '', ...lines].join('\n');
}

/** Since the run was started; the clock is the workflow's own. */
function rateOf(progress: RunProgress): string {
  const ended = ENDINGS.reduce((sum, state) => sum + progress[state], progress.delivered + progress.skipped);
  const seconds = (Date.now() - workflowInfo().startTime.getTime()) / 1_000;
  return seconds < 1 ? 'just begun' : `${(ended / seconds).toFixed(1)} a second`;
}
