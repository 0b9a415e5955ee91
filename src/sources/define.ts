import { UserError } from '../lib/errors.ts';
import type { DueOccurrence } from '../domain/recurrence/is-due.ts';

/** What `due` of a source gets. */
export interface DueRequest {
  /** The schedule that fired. */
  readonly schedule: string;
  /** The time of the fire, even if the run starts later. */
  readonly nominalTime: Date;
  /**
   * Up to when this source was read completely for this schedule: what came due in (`since`, `nominalTime`] was not asked for
   * before. A minute before `nominalTime` the first time, and for a backfill.
   */
  readonly since: Date;
  /** `next` of the page before; undefined for the first one. */
  readonly cursor: string | undefined;
  /** How many notifications a page should have at most. A larger page is accepted, too. */
  readonly limit: number;
}

/** A page of what is due. */
export interface DuePage {
  readonly notifications: readonly SourceNotification[];
  /** Where the next page starts: the last key of this one. Undefined, or left out, after the last page. */
  readonly next?: string | number | undefined;
}

/** A notification that is due. What it says is copied into the ledger when it is claimed. */
export interface SourceNotification {
  /** Unique in its source, and always the same: 1 to 60 letters, digits, ".", "_" or "-". Commands call it `<source>:<id>`. */
  readonly id: string | number;
  readonly account: string;
  /** Name of the report. */
  readonly report: string;
  /** The report's parameters; `{}` when absent. */
  readonly params?: object | undefined;
  /** Slack's id of the channel: C0123456789. */
  readonly channel: string;
  /** For people: "#acme-reports". */
  readonly channelName?: string | undefined;
  /** Id of the Slack workspace; `default` when absent. */
  readonly workspace?: string | undefined;
  /** For people; its id when absent. */
  readonly name?: string | undefined;
  /** How to write numbers and dates: `de-DE`. */
  readonly locale?: string | undefined;
  /** Who is told in Slack when it does not arrive: a channel or a person, `C0OPS` or `U0ANNA`, or `ops/C0OPS` of another workspace. */
  readonly owner?: string | undefined;
  /** IANA name of the zone in which the report shows times: `Europe/Berlin`. Not needed with `due`. */
  readonly timezone?: string | undefined;
  /** The post is spread over this long after it is due: "10 minutes", at most 12 hours. */
  readonly window?: string | undefined;
  /** Later than this it is recorded as missed: "2 hours"; from a minute to seven days. An hour when absent and `due` is given. */
  readonly catchUp?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** What `isDue` returned: its own time, instead of that of the schedule. */
  readonly due?: DueOccurrence | undefined;
  /** Identity of this delivery, instead of the time: the same key is sent once, whatever the time. 1 to 100 characters. */
  readonly occurrence?: string | undefined;
}

/** Says who is due when a schedule fires. */
export interface Source {
  /** 1 to 30 of a-z, 0-9 and "-". */
  readonly name: string;
  /** Called only when one of these fires. Without it, at every fire of every schedule except `tick`. */
  readonly schedules?: readonly string[] | undefined;
  /**
   * Returns what is due, a page at a time. After a worker was killed it may be asked for a page again: return the same ids then.
   * A page that takes longer than 60 seconds, or throws, is tried three times; then the run shows the source as failed, and other
   * sources continue.
   */
  due(request: DueRequest): Promise<DuePage>;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,29}$/;

/**
 * Defines where notifications come from: your own tables, read by your own code.
 * @example export const customers = defineSource({ name: 'customers', schedules: ['weekdays'],
 *   async due({ cursor, limit }) {
 *     const rows = await db.query('select id, account, channel from customers where id > $1 order by id limit $2', [cursor ?? 0, limit]);
 *     return { notifications: rows.map((row) => ({ ...row, report: 'weekly' })), next: rows.at(-1)?.id };
 *   } });
 * @throws UserError `invalid_source` for a wrong name, or without `due`.
 */
export function defineSource(source: Source): Source {
  const { name } = source;
  if (!NAME.test(name)) {
    throw UserError.input('invalid_source', `Source name "${name}" is not 1 to 30 of a-z, 0-9 and "-"`);
  }
  if (typeof source.due === 'function') return source;
  throw UserError.input('invalid_source', `Source "${name}" has no function \`due\``, {
    hint: 'Add `async due({ cursor, limit }) { … }`, which returns { notifications, next }: docs/sources.md.',
  });
}

/** Sources by name. Throws a UserError `invalid_source`, or `duplicate_source`: ids begin with the name. */
export function checkSources(sources: readonly Source[]): void {
  const names = new Set<string>();
  for (const source of sources) {
    const { name } = defineSource(source);
    if (names.has(name)) throw UserError.input('duplicate_source', `There are two sources "${name}"`);
    names.add(name);
  }
}
