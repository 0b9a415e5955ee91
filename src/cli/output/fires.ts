import { UserError } from '../../lib/errors.ts';
import { withClockChanges, type Fire } from '../../domain/fires.ts';
import { printRows } from './output.ts';

/** Fires in order, in local time and in UTC, with how clock changes move them. */
export function printFires(fires: readonly Fire[], { json }: { json: boolean | undefined }): void {
  printRows(
    withClockChanges(fires),
    {
      LOCAL: ({ local }) => `${weekdayOf(local)} ${local.replace('T', ' ')}`,
      ZONE: ({ timezone }) => timezone,
      UTC: ({ at }) =>
        at === undefined
          ? '–'
          : at
              .toISOString()
              .replace('T', ' ')
              .replace(/(:00)?\.\d+Z$/, 'Z'),
      REMARK: ({ remark }) => remark ?? '',
    },
    { json, empty: 'It does not fire again' },
  );
}

function weekdayOf(local: string): string {
  return new Date(`${local}Z`).toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' });
}

export const FIRES_MAX = 1_000;

/** Parses `--count`. */
export function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= FIRES_MAX) return count;
  throw UserError.input('invalid_count', `--count "${text}" is not a whole number from 1 to ${FIRES_MAX}`);
}
