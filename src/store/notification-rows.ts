import { type Insertable, type Kysely, type Selectable, type Transaction } from 'kysely';
import {
  type Due,
  type NewNotification,
  type Notification,
  nextDue,
  type OwnRecurrence,
  type ParkedState,
  type Pause,
  recurrenceOf,
} from '../domain/notification.ts';
import { occurrenceFrom, type Step, TIME_RULES } from '../domain/recurrence/recurrence.ts';
import { messageOf } from '../lib/errors.ts';
import type { Database, NotificationRow, ParkedColumns } from './schema.ts';
import type { NotificationFilter } from '../domain/selection.ts';

type Row = Selectable<NotificationRow>;

/** The columns that say when a notification is due. */
export type DueColumns = Pick<Row, (typeof DUE_COLUMNS)[number]>;
export const DUE_COLUMNS = [
  'schedule_id',
  'cron',
  'timezone',
  'nth_day',
  'step_every',
  'step_unit',
  'step_anchor',
  'start_on',
  'end_on',
  'skip',
  'dst_gap',
  'catch_up_window_s',
  'catch_up_all',
  'next_due_at',
  'next_due_local',
  'due_by',
  'one_off',
  'source',
] as const satisfies readonly (keyof Row)[];

function toNotification(row: Row): Notification {
  return {
    id: row.id,
    name: row.name,
    account: row.account,
    report: row.report,
    params: JSON.parse(row.params) as object,
    workspaceId: row.workspace_id,
    channel: { id: row.channel, ...(row.channel_name !== null && { name: row.channel_name }) },
    due: toDue(row),
    ...given({
      pause: toPause(row),
      spreadWindowS: row.spread_window_s,
      locale: row.locale,
      owner: row.owner,
      scope: row.scope,
      parked: toParkedState(row),
    }),
    tags: JSON.parse(row.tags) as string[],
    enabled: row.enabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** A notification as the store has it: a bad row must not stop the others. */
export type StoredNotification =
  | { kind: 'readable'; notification: Notification; row: Row }
  | { kind: 'unreadable'; id: string; row: Row; reason: string };

/**
 * Reads JSON, time zone and rule, so that nothing after it fails for what is stored. `readRule` may know rules that were read
 * before.
 */
export function readNotification(row: Row, readRule: (due: Due) => unknown = recurrenceOf): StoredNotification {
  try {
    const notification = toNotification(row);
    readRule(notification.due);
    return { kind: 'readable', notification, row };
  } catch (error) {
    return { kind: 'unreadable', id: row.id, row, reason: messageOf(error) };
  }
}

export function readableOnly(rows: readonly Row[]): Notification[] {
  return rows.map((row) => readNotification(row)).flatMap((one) => (one.kind === 'readable' ? [one.notification] : []));
}

/** Undefined where it cannot be read. */
export function readDue(row: DueColumns): Due | undefined {
  try {
    const due = toDue(row);
    recurrenceOf(due);
    return due;
  } catch {
    return undefined;
  }
}

function toDue(row: DueColumns): Due {
  if (row.source !== null) {
    return { kind: 'source', source: row.source, ...given({ catchUpWindowS: row.catch_up_window_s }) };
  }
  const afterOutage = row.catch_up_all === 1 ? 'all' : 'newest';
  if (row.schedule_id !== null) return { kind: 'schedule', scheduleId: row.schedule_id, afterOutage };
  if (row.cron === null || row.timezone === null) return { kind: row.one_off === 1 ? 'once' : 'on-demand' };
  const due: OwnRecurrence = {
    kind: 'recurrence',
    cron: row.cron,
    timezone: row.timezone,
    skip: JSON.parse(row.skip) as string[],
    dstGap: row.dst_gap,
    afterOutage,
    ...given({
      nthDay: row.nth_day,
      step: toStep(row),
      startOn: row.start_on,
      endOn: row.end_on,
      catchUpWindowS: row.catch_up_window_s,
      nextDueAt: row.next_due_at,
      nextLocal: row.next_due_local,
    }),
  };
  return isByOlderRules(row) ? byOurRules(due) : due;
}

/** Node has been updated since, and a country may have changed its clock. */
function isByOlderRules({ due_by }: DueColumns): boolean {
  return (due_by ?? '') < TIME_RULES;
}

/** The same local time is due next, at the instant that today's rules give it. */
function byOurRules(due: OwnRecurrence): OwnRecurrence {
  if (due.nextLocal === undefined) return due;
  return { ...due, ...nextDue(occurrenceFrom(recurrenceOf(due), due.nextLocal)) };
}

function toStep({ step_every, step_unit, step_anchor }: DueColumns): Step | undefined {
  if (step_every === null || step_unit === null || step_anchor === null) return undefined;
  return { every: step_every, unit: step_unit, anchorOn: step_anchor };
}

export function toPause({
  paused_at,
  paused_until,
  pause_note,
}: Pick<Row, 'paused_at' | 'paused_until' | 'pause_note'>): Pause | undefined {
  return paused_at === null ? undefined : { from: paused_at, ...given({ until: paused_until, note: pause_note }) };
}

export function toParkedState({ parked_at, parked_code, parked_message }: ParkedColumns): ParkedState | undefined {
  if (parked_at === null) return undefined;
  return { since: parked_at, code: parked_code ?? 'parked', message: parked_message ?? '' };
}

/** What is sent, and where: columns that a delivery copies from its notification. */
export function toSubject(
  notification: Pick<Notification, 'name' | 'account' | 'report' | 'params' | 'workspaceId' | 'channel'>,
) {
  return {
    name: notification.name,
    account: notification.account,
    report: notification.report,
    params: JSON.stringify(notification.params),
    workspace_id: notification.workspaceId,
    channel: notification.channel.id,
    channel_name: notification.channel.name ?? null,
  };
}

/** The columns of a notification, without those that the store sets. */
export function toRow(
  notification: NewNotification,
): Omit<Insertable<NotificationRow>, 'created_at' | 'updated_at' | 'parked_channel' | keyof ParkedColumns> {
  const { due, pause } = notification;
  return {
    id: notification.id,
    ...toSubject(notification),
    ...fromDue(due),
    paused_at: pause?.from ?? null,
    paused_until: pause?.until ?? null,
    pause_note: pause?.note ?? null,
    spread_window_s: notification.spreadWindowS ?? null,
    locale: notification.locale ?? null,
    owner: notification.owner ?? null,
    tags: JSON.stringify(notification.tags),
    enabled: notification.enabled ? 1 : 0,
    scope: notification.scope ?? null,
  };
}

const NEVER_DUE: DueColumns = {
  schedule_id: null,
  cron: null,
  timezone: null,
  nth_day: null,
  step_every: null,
  step_unit: null,
  step_anchor: null,
  start_on: null,
  end_on: null,
  skip: '[]',
  dst_gap: 'shift',
  catch_up_window_s: null,
  catch_up_all: 0,
  next_due_at: null,
  next_due_local: null,
  due_by: null,
  one_off: 0,
  source: null,
};

function fromDue(due: Due): DueColumns {
  switch (due.kind) {
    case 'on-demand':
      return NEVER_DUE;
    case 'once':
      return { ...NEVER_DUE, one_off: 1 };
    case 'source':
      return { ...NEVER_DUE, source: due.source, catch_up_window_s: due.catchUpWindowS ?? null };
    case 'schedule':
      return { ...NEVER_DUE, schedule_id: due.scheduleId, catch_up_all: due.afterOutage === 'all' ? 1 : 0 };
    case 'recurrence':
      return {
        ...NEVER_DUE,
        cron: due.cron,
        timezone: due.timezone,
        nth_day: due.nthDay ?? null,
        step_every: due.step?.every ?? null,
        step_unit: due.step?.unit ?? null,
        step_anchor: due.step?.anchorOn ?? null,
        start_on: due.startOn ?? null,
        end_on: due.endOn ?? null,
        skip: JSON.stringify(due.skip),
        dst_gap: due.dstGap,
        catch_up_window_s: due.catchUpWindowS ?? null,
        catch_up_all: due.afterOutage === 'all' ? 1 : 0,
        next_due_at: due.nextDueAt ?? null,
        next_due_local: due.nextLocal ?? null,
        due_by: TIME_RULES,
      };
  }
}

/** Without what is null or undefined: `--json` shows what a notification has. */
function given<T extends object>(fields: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const set = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(set) as { [Key in keyof T]?: NonNullable<T[Key]> };
}

const COLUMNS = {
  schedule: 'schedule_id',
  account: 'account',
  report: 'report',
  channel: 'channel',
  workspace: 'workspace_id',
} as const;

/** A page of the enabled notifications that match, in the order of their ids, from the one after `after`. */
export function enabledPage(db: Kysely<Database>, filter: NotificationFilter, after: string, limit: number) {
  return selectNotifications(db, filter)
    .selectAll()
    .where('enabled', '=', 1)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit);
}

/** Those that match every named part; an empty filter selects all. */
export function selectNotifications(db: Kysely<Database>, filter: NotificationFilter) {
  let query = db.selectFrom('notifications');
  if (filter.ids !== undefined) query = query.where('id', 'in', filter.ids);
  for (const [part, column] of Object.entries(COLUMNS)) {
    const value = filter[part as keyof typeof COLUMNS];
    if (value !== undefined) query = query.where(column, '=', value);
  }
  // Tags are letters, digits, ".", "-" and ":", none of which means anything to `like` or to JSON.
  for (const tag of filter.tags ?? []) query = query.where('tags', 'like', `%"${tag}"%`);
  return query;
}

/** What people decide, and when the row began. */
const KEPT = new Set<string>(['id', 'created_at', 'paused_at', 'paused_until', 'pause_note']);

/** Adds rows, or brings those that are there up to date: their creation, pause and parked state stay. */
export async function upsertNotifications(
  trx: Transaction<Database>,
  values: readonly Insertable<NotificationRow>[],
): Promise<void> {
  if (values.length === 0) return;
  const columns = Object.keys(values[0] ?? {}).filter((column) => !KEPT.has(column)) as (keyof NotificationRow)[];
  await trx
    .insertInto('notifications')
    .values(values)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((eb) => Object.fromEntries(columns.map((column) => [column, eb.ref(`excluded.${column}`)]))),
    )
    .execute();
}
