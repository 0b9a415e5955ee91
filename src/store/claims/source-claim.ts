import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, PostgresAdapter, type Transaction } from 'kysely';
import { type Notification, pausedAt } from '../../domain/notification.ts';
import { LIKE_TEST, occurrenceOfInstant, occurrenceOfKey } from '../../domain/occurrence.ts';
import type { DueOccurrence } from '../../domain/recurrence/is-due.ts';
import { messageOf } from '../../lib/errors.ts';
import { redact } from '../../lib/redact.ts';
import {
  badSourceRow,
  type ClaimOrigin,
  claimRider,
  type ClaimRow,
  failedSourceRow,
  insertClaims,
  sourceRow,
  timeOf,
  unreadableRow,
} from './claim-rows.ts';
import { enabledPage, readNotification, type StoredNotification } from '../notification-rows.ts';
import type { OnPage } from './plan.ts';
import { type Database, IS_REPORT } from '../schema.ts';
import { keepCopies } from './source-copies.ts';
import { readUntil, recordRead } from './source-reads.ts';

/** Where a claim finds what is due. Riders of our own table are one, and what users define are others. */
export interface NotificationSource {
  readonly name: string;
  /** Set for our own table: its errors are the store's, and fail the claim. */
  readonly isOwn?: true;
  /** Whether it is asked when this schedule fires. */
  isAsked(schedule: string): boolean;
  /** Pauses before a page is asked for again, in milliseconds; after the last attempt the source has failed. */
  readonly retryAfterMs?: readonly number[];
  /** Throws for whatever makes a page impossible. */
  read(request: SourceRequest): Promise<SourcePage>;
}

interface SourceRequest {
  schedule: string;
  nominalTime: Date;
  since: Date;
  cursor: string | undefined;
  limit: number;
}

export interface SourcePage {
  rows: SourceRow[];
  /** Undefined after the last page. */
  next: string | undefined;
}

export type SourceRow =
  | {
      kind: 'due';
      notification: Notification;
      /** Its own time; undefined takes that of the schedule. */
      own: DueOccurrence | undefined;
      /** Stands in the occurrence instead of the time. */
      key: string | undefined;
      timezone: string | undefined;
    }
  /** Of our own table. */
  | { kind: 'unreadable'; stored: Unreadable }
  | { kind: 'bad'; id: string; account: string; report: string; channel: string; reason: string };

type Unreadable = Extract<StoredNotification, { kind: 'unreadable' }>;

/** Our own table as a source: the enabled notifications that ride the schedule. */
export function ridersOf(db: Kysely<Database>): NotificationSource {
  return {
    name: 'notifications',
    isOwn: true,
    isAsked: () => true,
    async read({ schedule, cursor = '', limit }) {
      const page = await enabledPage(db, { schedule }, cursor, limit).execute();
      const rows = page.map((row): SourceRow => {
        const read = readNotification(row);
        if (read.kind === 'unreadable') return { kind: 'unreadable', stored: read };
        return { kind: 'due', notification: read.notification, own: undefined, key: undefined, timezone: undefined };
      });
      return { rows, next: page.length < limit ? undefined : page.at(-1)?.id };
    },
  };
}

/** A source that could not be read. */
export interface SourceFailure {
  source: string;
  message: string;
}

/** Notifications asked for at once, and claimed in one transaction. */
const PAGE = 500;
/** In SQLite's file a post on the same thread waits for the transaction; a server has others to do. */
const CLAIMED_AT_ONCE = { sqlite: 100, postgres: 250 };
/**
 * Claims what each source gives for a fire of a schedule, and returns the sources that failed: each has a failed delivery in its
 * own name, and stops no other. Killed and tried again at any page, it reads again, and the unique occurrence decides.
 */
export async function claimFromSources(
  db: Kysely<Database>,
  sources: readonly NotificationSource[],
  schedule: string,
  origin: ClaimOrigin,
  onPage: OnPage,
): Promise<SourceFailure[]> {
  const failed: SourceFailure[] = [];
  for (const source of sources.filter((one) => one.isAsked(schedule))) {
    const read = { source: source.name, schedule_id: schedule };
    try {
      await claimFromSource(db, source, schedule, origin, onPage);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      const message = redact(messageOf(error));
      failed.push({ source: source.name, message });
      await db.transaction().execute((trx) => insertClaims(trx, [failedSourceRow(source.name, message, origin)]));
      await recordRead(db, { ...read, failed_at: new Date().toISOString(), error: message });
      continue;
    }
    if (source.isOwn !== true)
      await recordRead(db, { ...read, read_until: origin.nominal.toISOString(), failed_at: null, error: null });
  }
  return failed;
}

/** What the source did wrong, in contrast to the store. */
class SourceError extends Error {}

async function claimFromSource(
  db: Kysely<Database>,
  source: NotificationSource,
  schedule: string,
  origin: ClaimOrigin,
  onPage: OnPage,
): Promise<void> {
  const since = source.isOwn === true ? origin.nominal : await readUntil(db, source.name, schedule, origin.nominal);
  const workspaces = source.isOwn === true ? new Set<string>() : await workspaceIds(db);
  const atOnce = CLAIMED_AT_ONCE[db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite'];
  for (let cursor: string | undefined; ;) {
    const request = { schedule, nominalTime: origin.nominal, since, cursor, limit: PAGE };
    const { rows, next } = await readPage(source, request, onPage);
    for (let from = 0; from < rows.length; from += atOnce) {
      const some = rows.slice(from, from + atOnce);
      await db
        .transaction()
        .execute((trx) =>
          source.isOwn === true ? claimOwn(trx, some, origin) : claimRows(trx, some, { origin, workspaces }),
        );
      await onPage();
    }
    if (next === undefined) return;
    cursor = next;
  }
}

async function readPage(source: NotificationSource, request: SourceRequest, onPage: OnPage): Promise<SourcePage> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await source.read(request);
    } catch (error) {
      if (source.isOwn === true) throw error;
      const pause = source.retryAfterMs?.[attempt];
      if (pause === undefined) throw new SourceError(messageOf(error), { cause: error });
      await onPage();
      await sleep(pause);
    }
  }
}

async function claimOwn(trx: Transaction<Database>, rows: readonly SourceRow[], origin: ClaimOrigin): Promise<void> {
  await insertClaims(
    trx,
    rows.map((row) => ownRow(row, origin)),
  );
}

function ownRow(row: SourceRow, origin: ClaimOrigin): ClaimRow {
  switch (row.kind) {
    case 'due':
      return claimRider(row.notification, origin);
    case 'unreadable':
      return unreadableRow(row.stored, timeOf(origin), origin);
    case 'bad':
      return badSourceRow(row, origin);
  }
}

async function workspaceIds(db: Kysely<Database>): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('workspaces').select('id').execute();
  return new Set(rows.map(({ id }) => id));
}

async function claimRows(
  trx: Transaction<Database>,
  rows: readonly SourceRow[],
  { origin, workspaces }: { origin: ClaimOrigin; workspaces: ReadonlySet<string> },
): Promise<void> {
  const checked = rows.map((row): SourceRow => {
    if (row.kind !== 'due' || workspaces.has(row.notification.workspaceId)) return row;
    const { id, account, report, channel, workspaceId } = row.notification;
    return { kind: 'bad', id, account, report, channel: channel.id, reason: `workspace: there is no "${workspaceId}"` };
  });
  const due = checked.flatMap((row) => (row.kind === 'due' ? [row.notification] : []));
  const pauses = await keepCopies(trx, due);
  const claims = checked.map((row) => {
    if (row.kind !== 'due') return ownRow(row, origin);
    const { notification, own } = row;
    const { dueAt } = timeOf(origin);
    const time = { occurrence: occurrenceOf(row, dueAt), dueAt: own?.at ?? dueAt };
    const paused = pausedAt(pauses.get(notification.id), time.dueAt);
    return sourceRow(notification, time, { hasOwnTime: own !== undefined, paused }, origin);
  });
  await insertClaims(trx, await withoutClaimed(trx, claims));
}

/** The zone stands behind it, for the report to show times in. */
function occurrenceOf({ own, key, timezone }: Extract<SourceRow, { kind: 'due' }>, slot: Date): string {
  if (key !== undefined) return occurrenceOfKey(key);
  if (own !== undefined) return own.key;
  return `${occurrenceOfInstant(slot)}${timezone === undefined ? '' : `[${timezone}]`}`;
}

/** A notification goes out once for a time, even where its zone, and so its occurrence, has changed since the first reading. */
async function withoutClaimed(trx: Transaction<Database>, claims: readonly ClaimRow[]): Promise<ClaimRow[]> {
  if (claims.length === 0) return [];
  const claimed = await trx
    .selectFrom('deliveries')
    .select(['notification_id', 'due_at'])
    .where(IS_REPORT)
    .where('notification_id', 'in', [...new Set(claims.map((row) => row.notification_id))])
    .where('due_at', 'in', [...new Set(claims.map((row) => row.due_at))])
    .where('occurrence', 'not like', LIKE_TEST)
    .execute();
  const seen = new Set(claimed.map(placeOf));
  return claims.filter((row) => {
    const isNew = !seen.has(placeOf(row));
    seen.add(placeOf(row));
    return isNew;
  });
}

function placeOf({ notification_id, due_at }: { notification_id: string; due_at: string }): string {
  return `${due_at} ${notification_id}`;
}
