import { messageOf } from '../lib/errors.ts';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { type Notification, recurrenceOf } from '../domain/notification.ts';
import { nextOccurrence, TIME_RULES } from '../domain/recurrence/recurrence.ts';
import { readNotification } from './notification-rows.ts';
import { type Database, IS_REPORT, type NotificationRow } from './schema.ts';

const PAGE = 500;
/** No change of rules moves a local time by more than a day; an hour to spare, in milliseconds. */
const MOVED_MAX_MS = 25 * 3_600_000;
/** Enough to hold the newest own occurrence among a notification's deliveries. */
const NEWEST = 50;

/** Due times that were computed by older rules: a country has changed its clock, and Node has been updated since. */
export function timeRules(db: Kysely<Database>) {
  return {
    /**
     * Computes again each next due time that older rules gave, and returns the ids of those that moved. A slot that has passed
     * meanwhile is due now: the next claim sends it late, or records it as missed. What newer rules gave stays, so that two
     * workers of different versions don't fight.
     */
    async bringUpToDate(rules: string = TIME_RULES): Promise<string[]> {
      const moved: string[] = [];
      for (let after = ''; ;) {
        const ids = await db.transaction().execute((trx) => derivePage(trx, rules, after, moved));
        if (ids.length < PAGE) return moved;
        after = ids.at(-1) ?? after;
      }
    },
  };
}

type Row = Selectable<NotificationRow>;

async function derivePage(
  trx: Transaction<Database>,
  rules: string,
  after: string,
  moved: string[],
): Promise<string[]> {
  const rows = await trx
    .selectFrom('notifications')
    .selectAll()
    .where('next_due_at', 'is not', null)
    .where((eb) => eb(eb.fn.coalesce('due_by', eb.val('')), '<', rules))
    .where('id', '>', after)
    .orderBy('id')
    .limit(PAGE)
    .execute();
  for (const row of rows) {
    const read = readNotification(row);
    if (read.kind === 'unreadable') continue;
    const nextDueAt = await dueAgain(trx, read.notification, row);
    const { numUpdatedRows } = await trx
      .updateTable('notifications')
      .set({ next_due_at: nextDueAt, due_by: rules })
      .where('id', '=', row.id)
      // A claim or a change of its times came first: it has computed them itself.
      .where('next_due_at', '=', row.next_due_at)
      .where('updated_at', '=', row.updated_at)
      .executeTakeFirst();
    if (numUpdatedRows > 0n && nextDueAt !== row.next_due_at) moved.push(row.id);
  }
  return rows.map(({ id }) => id);
}

/** The first occurrence that was not claimed: by its local time, which rules don't move. */
async function dueAgain(trx: Transaction<Database>, { due }: Notification, row: Row): Promise<string | null> {
  if (due.kind !== 'recurrence' || due.nextDueAt === undefined) return row.next_due_at;
  const recurrence = recurrenceOf(due);
  const stored = Date.parse(due.nextDueAt);
  // Before its last change it had other times; but what was due then, and is not claimed yet, still is.
  const from = Math.min(stored - 1, Math.max(stored - MOVED_MAX_MS, Date.parse(row.updated_at)));
  const claimed = await newestClaimed(trx, row.id, recurrence.timezone);
  let next = nextOccurrence(recurrence, new Date(from));
  while (next !== undefined && next.local <= claimed) next = nextOccurrence(recurrence, next.at);
  return next?.at.toISOString() ?? null;
}

/** The local time of the newest occurrence in the ledger; empty if there is none. */
async function newestClaimed(trx: Transaction<Database>, id: string, timezone: string): Promise<string> {
  const rows = await trx
    .selectFrom('deliveries')
    .select('occurrence')
    .where('notification_id', '=', id)
    .where(IS_REPORT)
    .orderBy('due_at', 'desc')
    .limit(NEWEST)
    .execute();
  const locals = rows.flatMap(({ occurrence }) => {
    const [, local, zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)\[(.+)\]$/.exec(occurrence) ?? [];
    return local !== undefined && zone === timezone ? [local] : [];
  });
  return locals.toSorted().at(-1) ?? '';
}

/** A worker with an older tz database may run next to this one, in milliseconds. */
const LOOK_EVERY_MS = 3_600_000;

interface Listener {
  warn: (message: string, context: object) => void;
  error: (message: string, context: object) => void;
  /** Due times have moved, so fires were planned for other times. */
  moved: () => Promise<unknown>;
}

/**
 * Computes due times that older rules gave again, now and each hour. A store that doesn't answer is asked again an hour later.
 * @example using _ = await followTimeRules(store.timeRules, { ...log, moved: () => followDue(client, taskQueue, { readNeeds }) });
 */
export async function followTimeRules(rules: ReturnType<typeof timeRules>, log: Listener): Promise<Disposable> {
  const look = async () => {
    try {
      const moved = await rules.bringUpToDate();
      if (moved.length === 0) return;
      log.warn('Due times moved: their zones have newer rules', { notifications: moved });
      await log.moved();
    } catch (error) {
      log.error("Couldn't bring due times up to date with the rules of their zones", { error: messageOf(error) });
    }
  };
  await look();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
