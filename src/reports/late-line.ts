import { localTimeAt } from '../recurrence.ts';

/** What a delivery that was claimed late says above its report, in its own zone: "Due 09:00, posted 09:42: nothing was running". */
export function lateLine(late: { dueAt: Date; postedAt: Date; timezone: string | undefined; reason: string }): string {
  const { dueAt, postedAt, timezone, reason } = late;
  const zoneRead = timezone ?? 'UTC';
  const [due, posted] = [localTimeAt(zoneRead, dueAt), localTimeAt(zoneRead, postedAt)];
  const sameDay = due.slice(0, DATE_LENGTH) === posted.slice(0, DATE_LENGTH);
  const [dueText, postedText] = [due, posted].map((local) =>
    sameDay ? local.slice(DATE_LENGTH + 1) : local.replace('T', ' '),
  );
  const zone = timezone === undefined ? ' UTC' : '';
  return `Due ${dueText}${zone}, posted ${postedText}${zone}: ${reason}`;
}

const DATE_LENGTH = 'yyyy-mm-dd'.length;
