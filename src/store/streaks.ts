import { type Kysely, PostgresAdapter, type Selectable, sql, type Transaction } from 'kysely';
import type { ClaimedDelivery } from '../contract/dispatch.ts';
import { DEFAULT_WORKSPACE } from '../domain/notification.ts';
import { deliveryId, LIKE_TEST } from '../domain/occurrence.ts';
import { isNotice, LIKE_NOTICE, type Notice, noticeId, type OwnerPlace } from '../domain/owner.ts';
import { CLAIMED_COLUMNS, toClaimed } from './ledger/delivery-rows.ts';
import { ledger } from './ledger/ledger.ts';
import { addNotice, noticeOfTrouble } from './notices.ts';
import { batches } from './notifications.ts';
import { type Database, IS_OPEN, type StreakRow } from './schema.ts';
import {
  accountOwners,
  type FoundTrouble,
  LOOK_MAX,
  placeFor,
  placeOf,
  readTroubles,
  type Trouble,
} from './trouble.ts';

const DAY_MS = 86_400_000;
/** A streak takes up what fails for the same cause within this time, in milliseconds; later trouble is a streak of its own. */
const TAKES_UP_MS = DAY_MS;
/** What failed longer ago is no news, as when an owner is set for the first time; in milliseconds. */
const NEWS_MS = DAY_MS;
/** Notices that one call returns. */
const NOTICES_MAX = 100;
/** How often a notice is tried whose delivery did not arrive. */
const TRIES_MAX = 3;

export interface LookOptions {
  /** The run that delivers the notices. */
  dispatchId: string;
  now: Date;
  /** Owner of everything that has none: a setting. */
  fallback: string | undefined;
  /** What has one cause is one streak. */
  causeOf: (trouble: Trouble) => string;
}

export interface Look {
  /** Deliveries whose owners cannot be told: their workspace is parked, and no other owner is set. */
  unreachable: number;
  /** Not all was looked at. */
  more: boolean;
}

/**
 * Streaks: trouble that an owner hears of once, with its end. A look finds what is new, writes it down and adds the notices to the
 * ledger, in one transaction: a killed worker leaves all of it or nothing, and two looks take turns.
 */
export function streaks(db: Kysely<Database>) {
  return {
    async look(options: LookOptions): Promise<Look> {
      return db.transaction().execute(async (trx) => {
        await takeTurns(trx);
        const looking = await lookerOf(trx, options);
        const look = await findNew(looking);
        await findRecovered(looking);
        await tryAgain(looking);
        return look;
      });
    },

    /** The notices of a run that are still to be posted; some of them, where they are many. */
    async noticesOf(dispatchId: string): Promise<ClaimedDelivery[]> {
      const rows = await db
        .selectFrom('deliveries')
        .select(CLAIMED_COLUMNS)
        .where('dispatch_id', '=', dispatchId)
        .where(IS_OPEN)
        .where('notification_id', 'like', LIKE_NOTICE)
        .orderBy('not_before')
        .orderBy('id')
        .limit(NOTICES_MAX)
        .execute();
      return rows.map(toClaimed);
    },
  };
}

/** The lock ends with the transaction, which on SQLite has the whole file anyway. */
async function takeTurns(trx: Transaction<Database>): Promise<void> {
  if (!(trx.getExecutor().adapter instanceof PostgresAdapter)) return;
  await sql`lock table streaks in share row exclusive mode`.execute(trx);
}

interface Looker extends LookOptions {
  trx: Transaction<Database>;
  at: string;
  isReachable: (place: OwnerPlace) => boolean;
}

async function lookerOf(trx: Transaction<Database>, options: LookOptions): Promise<Looker> {
  const rows = await trx.selectFrom('workspaces').select('id').where('parked_at', 'is', null).execute();
  const reachable = new Set(rows.map(({ id }) => id));
  return {
    ...options,
    trx,
    at: options.now.toISOString(),
    isReachable: ({ workspaceId }) => reachable.has(workspaceId),
  };
}

/** Puts what is new into streaks, and makes a notice of each new one. */
async function findNew(looking: Looker): Promise<Look> {
  const { trx, now } = looking;
  const found = await readTroubles(trx);
  const known = await membersAmong(trx, found);
  const accounts = await accountOwners(trx, found);
  const oldest = new Date(now.getTime() - NEWS_MS).toISOString();
  const byPlace = new Map<string, { place: OwnerPlace; troubles: FoundTrouble[] }>();
  const noticed: FoundTrouble[] = [];
  const again: FoundTrouble[] = [];
  let unreachable = 0;
  for (const trouble of found) {
    const isNews = trouble.at >= oldest && !isNotice(trouble.notificationId) && !trouble.isTest;
    if (isNews && known.has(trouble.notificationId)) again.push(trouble);
    const place = isNews && !known.has(trouble.notificationId) ? placeFor(looking, trouble, accounts) : null;
    if (place === 'nowhere') {
      unreachable += 1;
      continue;
    }
    noticed.push(trouble);
    if (place === null) continue;
    const key = noticeId(place);
    const group = byPlace.get(key) ?? { place, troubles: [] };
    group.troubles.push(trouble);
    byPlace.set(key, group);
  }
  await failAgain(trx, again);
  for (const { place, troubles } of byPlace.values()) await joinOrBegin(looking, place, troubles);
  for (const some of batches(noticed.map((one) => one.deliveryId))) {
    await trx.updateTable('deliveries').set({ noticed_at: looking.at }).where('id', 'in', some).execute();
  }
  // What cannot be told stays new, so that a full page of it is the end.
  return { unreachable, more: found.length === LOOK_MAX && noticed.length > 0 };
}

async function membersAmong(trx: Transaction<Database>, found: readonly FoundTrouble[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (const some of batches([...new Set(found.map((one) => one.notificationId))])) {
    const rows = await trx
      .selectFrom('streak_members')
      .select('notification_id')
      .where('notification_id', 'in', some)
      .execute();
    for (const row of rows) known.add(row.notification_id);
  }
  return known;
}

/** A delivery of before does not end the streak of one that has failed again. */
async function failAgain(trx: Transaction<Database>, again: readonly FoundTrouble[]): Promise<void> {
  for (const { notificationId, at, dueAt } of again) {
    await trx
      .updateTable('streak_members')
      .set({ failed_at: at, due_at: dueAt })
      .where('notification_id', '=', notificationId)
      .where('failed_at', '<', at)
      .execute();
  }
}

/** Trouble of a cause that the owner was told of lately joins that streak; everything else together is a new one. */
async function joinOrBegin(looking: Looker, place: OwnerPlace, troubles: readonly FoundTrouble[]): Promise<void> {
  const { trx, now, causeOf } = looking;
  const open = await trx
    .selectFrom('streaks')
    .select(['id', 'causes'])
    .where('workspace_id', '=', place.workspaceId)
    .where('channel', '=', place.channel)
    .where('phase', '=', 'trouble')
    .where('began_at', '>', new Date(now.getTime() - TAKES_UP_MS).toISOString())
    .execute();
  const streakOf = new Map(open.flatMap(({ id, causes }) => (JSON.parse(causes) as string[]).map((one) => [one, id])));
  const fresh = troubles.filter((one) => !streakOf.has(causeOf(one)));
  const first = fresh.toSorted((a, b) => (a.at < b.at ? -1 : 1))[0];
  if (first !== undefined) {
    const streak = deliveryId(noticeId(place), `${first.deliveryId} ${first.at}`).slice(0, 16);
    const causes = [...new Set(fresh.map(causeOf))];
    for (const cause of causes) streakOf.set(cause, streak);
    const notice = noticeOfTrouble(fresh, first.at);
    const notice_id = await addNotice(looking, { streak, place, tries: 1 }, notice);
    const { workspaceId: workspace_id, channel } = place;
    const row = { id: streak, workspace_id, channel, began_at: first.at, causes: JSON.stringify(causes) };
    await trx
      .insertInto('streaks')
      .values({ ...row, phase: 'trouble', notice_id, tries: 1, recovered: 0 })
      .execute();
  }
  const members = new Map(
    troubles.map((one) => {
      const streak_id = streakOf.get(causeOf(one)) ?? '';
      return [
        one.notificationId,
        { notification_id: one.notificationId, streak_id, failed_at: one.at, due_at: one.dueAt },
      ];
    }),
  );
  for (const some of batches([...members.values()])) await trx.insertInto('streak_members').values(some).execute();
}

/** Members that have arrived since they failed leave their streak; the last one ends it, and the owner hears of that. */
async function findRecovered(looking: Looker): Promise<void> {
  const { trx, at, now } = looking;
  const open = await trx.selectFrom('streaks').selectAll().where('phase', '=', 'trouble').orderBy('id').execute();
  for (const streak of open) {
    const recovered = streak.recovered + (await leave(trx, streak.id, HAS_ARRIVED));
    await leave(trx, streak.id, isGoneSince(new Date(now.getTime() - NEWS_MS)));
    if (recovered > streak.recovered) {
      await trx.updateTable('streaks').set({ recovered }).where('id', '=', streak.id).execute();
    }
    const left = await trx
      .selectFrom('streak_members')
      .select('notification_id')
      .where('streak_id', '=', streak.id)
      .executeTakeFirst();
    if (left !== undefined) continue;
    if (recovered === 0) await trx.deleteFrom('streaks').where('id', '=', streak.id).execute();
    else if (!(await isUnderWay(trx, streak.notice_id))) {
      const notice: Notice = {
        kind: 'recovery',
        since: streak.began_at,
        until: at,
        notifications: recovered,
        endings: [],
        named: [],
      };
      const place = { workspaceId: streak.workspace_id, channel: streak.channel };
      const notice_id = await addNotice(looking, { streak: streak.id, place, tries: 1 }, notice);
      await trx
        .updateTable('streaks')
        .set({ phase: 'recovery', notice_id, tries: 1 })
        .where('id', '=', streak.id)
        .execute();
    }
  }
}

/** By an occurrence of its own since it failed; a report with nothing to say is as good. A source is well once it was read. */
const HAS_ARRIVED = sql<boolean>`(exists (
    select 1 from deliveries as d
    where d.notification_id = streak_members.notification_id and d.due_at >= streak_members.due_at and d.thread_nr = 0
      and d.state in ('delivered', 'skipped') and d.finished_at > streak_members.failed_at
      and d.occurrence not like ${LIKE_TEST})
  or exists (
    select 1 from source_reads as s
    where s.source || ':source' = streak_members.notification_id and s.failed_at is null
      and s.read_until >= streak_members.due_at))`;

/** Removed, or made for one time: nothing of it will arrive any more. */
function isGoneSince(before: Date) {
  return sql<boolean>`(failed_at < ${before.toISOString()} and not exists (
    select 1 from notifications as n where n.id = streak_members.notification_id))`;
}

async function leave(
  trx: Transaction<Database>,
  streak: string,
  when: ReturnType<typeof isGoneSince>,
): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('streak_members')
    .where('streak_id', '=', streak)
    .where(when)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function isUnderWay(trx: Transaction<Database>, id: string): Promise<boolean> {
  const state = await stateOf(trx, id);
  return state === 'pending' || state === 'posting';
}

async function stateOf(trx: Transaction<Database>, id: string): Promise<string | undefined> {
  return (await trx.selectFrom('deliveries').select('state').where('id', '=', id).executeTakeFirst())?.state;
}

/**
 * A notice that did not arrive goes to the owner of the setting, or, where its run was cancelled, to the same place again. A parked
 * one is cancelled first, so that a resume does not tell a second owner. A streak whose recovery has arrived is done.
 */
async function tryAgain(looking: Looker): Promise<void> {
  const { trx, fallback, isReachable } = looking;
  const all = await trx.selectFrom('streaks').selectAll().orderBy('id').execute();
  for (const streak of all) {
    const state = await stateOf(trx, streak.notice_id);
    const isLost = state === 'parked' || state === 'failed' || state === 'cancelled' || state === 'missed';
    const place = { workspaceId: streak.workspace_id, channel: streak.channel };
    const other = fallback === undefined ? undefined : placeOf(fallback, DEFAULT_WORKSPACE);
    const places = state === 'cancelled' ? [place, other] : [other];
    const next = isLost && streak.tries < TRIES_MAX ? places.find((one) => isFit(one, state, place)) : undefined;
    if (next !== undefined) await move(looking, streak, next);
    else if (streak.phase === 'recovery' && state !== 'pending' && state !== 'posting' && state !== 'parked') {
      await trx.deleteFrom('streaks').where('id', '=', streak.id).execute();
    }
  }

  function isFit(one: OwnerPlace | undefined, state: string | undefined, place: OwnerPlace): boolean {
    if (one === undefined || !isReachable(one)) return false;
    return state === 'cancelled' || noticeId(one) !== noticeId(place);
  }
}

async function move(looking: Looker, streak: Selectable<StreakRow>, place: OwnerPlace): Promise<void> {
  const { trx } = looking;
  const before = await trx
    .selectFrom('deliveries')
    .select('params')
    .where('id', '=', streak.notice_id)
    .executeTakeFirstOrThrow();
  const elsewhere = `The owner is told in ${place.workspaceId}/${place.channel}`;
  await ledger(trx).markCancelled(streak.notice_id, { code: 'cancelled', message: elsewhere });
  const tries = streak.tries + 1;
  const notice = JSON.parse(before.params) as Notice;
  const notice_id = await addNotice(looking, { streak: streak.id, place, tries }, notice);
  const { workspaceId: workspace_id, channel } = place;
  await trx
    .updateTable('streaks')
    .set({ workspace_id, channel, notice_id, tries })
    .where('id', '=', streak.id)
    .execute();
}
