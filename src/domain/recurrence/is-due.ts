import { nextOccurrence, occurrenceKey, parseRecurrence, type RecurrenceRule } from './recurrence.ts';

/** An occurrence of a rule that has come. */
export interface DueOccurrence {
  /** Its identity, in the zone of the rule: `2026-11-23T09:00[Europe/Berlin]`. */
  readonly key: string;
  readonly at: Date;
}

/** What passed longer ago is not looked at, in milliseconds. */
const LOOKED_BACK_MS = 7 * 86_400_000;

/**
 * The newest occurrence of a rule in (`since`, `now`]; undefined if none came, or if it falls on a date to skip. The rule means
 * what it means for a notification's own recurrence: five cron fields, read on the wall clock of its zone, each local time at
 * most once, whatever the clock does. Looks back at most seven days.
 * @example const due = isDue({ cron: '0 9 * * MON-FRI', timezone: customer.timezone }, since, nominalTime);
 * @throws UserError `invalid_cron` or `invalid_timezone`.
 */
export function isDue(rule: RecurrenceRule, since: Date, now: Date): DueOccurrence | undefined {
  const recurrence = parseRecurrence(rule);
  const from = new Date(Math.max(since.getTime(), now.getTime() - LOOKED_BACK_MS));
  let newest: DueOccurrence | undefined;
  for (let next = nextOccurrence(recurrence, from); next !== undefined && next.at <= now;) {
    if (next.skipped === undefined) newest = { key: occurrenceKey(next), at: next.at };
    next = nextOccurrence(recurrence, next.at);
  }
  return newest;
}
