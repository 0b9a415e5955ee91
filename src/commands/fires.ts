import { withClockChanges, type Fire } from '../fires.ts';
import { printRows } from './output.ts';

/** Fires in order, in local time and in UTC, with what the clock does to them. */
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
    { json, empty: 'It does not fire any more' },
  );
}

function weekdayOf(local: string): string {
  return new Date(`${local}Z`).toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' });
}
