import type { Transaction } from 'kysely';
import type { LogEntry } from '../domain/delivery.ts';
import { DEFAULT_WORKSPACE } from '../domain/notification.ts';
import { isTest } from '../domain/occurrence.ts';
import { type OwnerPlace, parseOwner } from '../domain/owner.ts';
import { batches } from './notifications.ts';
import { type Database, IS_UNNOTICED } from './schema.ts';

/** Deliveries looked at in one transaction. */
export const LOOK_MAX = 2_000;
/** Characters of an error in a notice. */
const MESSAGE_MAX = 300;

/** A delivery that did not reach its channel, of which no owner has heard. */
export interface Trouble {
  deliveryId: string;
  notificationId: string;
  account: string;
  report: string;
  workspaceId: string;
  channelId: string;
  state: string;
  code: string;
}

export interface FoundTrouble extends Trouble {
  at: string;
  dueAt: string;
  message: string;
  /** For people. */
  notification: string;
  channel: string;
  owner: string | null;
}

/** Up to `LOOK_MAX` deliveries that did not arrive, of which no owner has heard. */
export async function readTroubles(trx: Transaction<Database>): Promise<(FoundTrouble & { isTest: boolean })[]> {
  const rows = await trx
    .selectFrom('deliveries')
    .leftJoin('notifications as n', 'n.id', 'deliveries.notification_id')
    .select(['deliveries.id', 'notification_id', 'occurrence', 'deliveries.account', 'deliveries.report'])
    .select(['deliveries.workspace_id', 'deliveries.channel', 'deliveries.channel_name', 'state', 'error_code'])
    .select(['error_message', 'due_at', 'claimed_at', 'log', 'n.owner'])
    .where(IS_UNNOTICED)
    .orderBy('deliveries.id')
    .limit(LOOK_MAX)
    .execute();
  return rows.map((row) => ({
    deliveryId: row.id,
    notificationId: row.notification_id,
    notification: row.notification_id,
    account: row.account,
    report: row.report,
    workspaceId: row.workspace_id,
    channelId: row.channel,
    channel: row.channel_name ?? row.channel,
    state: row.state,
    code: row.error_code ?? row.state,
    message: (row.error_message ?? '').slice(0, MESSAGE_MAX),
    at: lastStep(row.log) ?? row.claimed_at,
    dueAt: row.due_at,
    owner: row.owner,
    isTest: isTest(row.occurrence),
  }));
}

/** When the last step of a log was; undefined for a log that cannot be read. */
function lastStep(log: string): string | undefined {
  const [last = ''] = log.trimEnd().split('\n').slice(-1);
  try {
    return (JSON.parse(last) as LogEntry).at;
  } catch {
    return undefined;
  }
}

/** The owners of their accounts. */
export async function accountOwners(
  trx: Transaction<Database>,
  found: readonly FoundTrouble[],
): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  for (const some of batches([...new Set(found.map((one) => one.account))])) {
    const rows = await trx.selectFrom('owners').selectAll().where('account', 'in', some).execute();
    for (const { account, owner } of rows) owners.set(account, owner);
  }
  return owners;
}

/**
 * The notification's owner, else its account's, else that of the setting: the first whose workspace is there and not parked. Null
 * where none is set at all.
 */
export function placeFor(
  { fallback, isReachable }: { fallback: string | undefined; isReachable: (place: OwnerPlace) => boolean },
  trouble: FoundTrouble,
  accounts: ReadonlyMap<string, string>,
): OwnerPlace | 'nowhere' | null {
  const set = [
    { text: trouble.owner ?? undefined, workspaceId: trouble.workspaceId },
    { text: accounts.get(trouble.account), workspaceId: DEFAULT_WORKSPACE },
    { text: fallback, workspaceId: DEFAULT_WORKSPACE },
  ].flatMap(({ text, workspaceId }) => (text === undefined ? [] : [placeOf(text, workspaceId)]));
  return set.find(isReachable) ?? (set.length === 0 ? null : 'nowhere');
}

export function placeOf(text: string, otherwise: string): OwnerPlace {
  const { workspaceId = otherwise, channel } = parseOwner(text);
  return { workspaceId, channel };
}
