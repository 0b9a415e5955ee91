import type { Revive } from '../../client/deliveries.ts';
import { durationText, parseDuration } from '../../lib/duration.ts';
import { REVIVE_WITHIN_MS } from '../../domain/selection.ts';
import type { Revivals } from '../../store/claims/recovery.ts';
import { confirm } from '../output/confirm.ts';

/** More messages than this at once are asked about first. */
const ASKED_ABOVE = 5;

export const ALL_OCCURRENCES_OPTION = [
  '--all-occurrences',
  'send every occurrence of a notification, not only the newest',
] as const;

/** `--within` with what becomes of the rest. */
export function withinOption(rest: string) {
  return [
    '--within <duration>',
    `only those due at most this long ago; ${rest}`,
    durationText(REVIVE_WITHIN_MS),
  ] as const;
}

export function readHow({
  within,
  allOccurrences,
}: {
  within: string;
  allOccurrences?: boolean | undefined;
}): Revive & { withinMs: number } {
  const withinMs = parseDuration(within, { name: '--within', minMs: 1_000, example: '2 hours' });
  return { withinMs, ...(allOccurrences === true && { allOccurrences }) };
}

/** Says what will happen besides what is asked for, and asks before many messages go out. */
export async function confirmRevival(
  { sent, missed, left }: Revivals,
  { kind, withinMs, yes }: { kind: 'parked' | 'failed'; withinMs: number; yes: boolean | undefined },
): Promise<void> {
  const tooOld = `due longer ago than ${durationText(withinMs)}`;
  const rest = kind === 'parked' ? `older occurrences, or ${tooOld}` : 'older occurrences';
  if (missed > 0) console.error(`note: ${deliveries(missed)} will be recorded as missed: ${rest}`);
  if (left > 0) console.error(`note: ${deliveries(left)} ${tooOld} will stay failed; --within includes them`);
  if (sent > ASKED_ABOVE) await confirm(`Send ${sent} ${kind} deliveries now?`, yes);
}

function deliveries(count: number): string {
  return count === 1 ? '1 delivery' : `${count} deliveries`;
}
