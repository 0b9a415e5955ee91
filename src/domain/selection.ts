import { UserError } from '../lib/errors.ts';

/** What a run is for: it chooses notifications, or deliveries that are in the ledger. */
export type Selection =
  /** Riders of the schedule (null: no schedule started the run), and own recurrences that have come due by now. */
  | { kind: 'due'; schedule: string | null }
  /** Every enabled notification, due or not. */
  | { kind: 'all' }
  /** These notifications, due or not. */
  | { kind: 'notifications'; ids: readonly string[] }
  /** Every enabled notification that matches the filter, due or not. */
  | { kind: 'matching'; filter: NotificationFilter }
  /** Deliveries parked with a workspace or a notification; those due longer ago than `withinMs` are recorded as missed. */
  | ({ kind: 'parked'; owner: ParkedOwner } & HowRevived)
  /** Failed deliveries, tried again; those due longer ago than `withinMs` stay failed. */
  | ({ kind: 'failed'; which: 'all' | FailedFilter } & HowRevived)
  /** Unconfirmed deliveries, which a person says are not there: looked up once more, and posted where that is so. */
  | { kind: 'unconfirmed'; which: 'all' | UnconfirmedFilter }
  /** A second delivery of an occurrence that was sent, or may have been. */
  | { kind: 'delivery'; notificationId: string; occurrence: string }
  /** A notification's report, now, to another channel of its workspace. */
  | { kind: 'test'; notificationId: string; channel: string };

/** How deliveries that have come to rest are sent after all. */
export interface HowRevived {
  /** Those due longer ago than this do not go out; in milliseconds, 24 hours by default. */
  withinMs?: number;
  /**
   * True: every occurrence of a notification goes out. By default only the newest does, and the older ones are recorded as
   * missed; those of a key, and of notifications that catch up on all, go out in any case.
   */
  allOccurrences?: boolean;
}

/** How long ago a delivery that is revived may have been due, by default, in milliseconds. */
export const REVIVE_WITHIN_MS = 24 * 3_600_000;

/** Selections of deliveries that have come to rest. */
export type RevivalSelection = Extract<Selection, { kind: 'parked' | 'failed' }>;

/** Which notifications: those that match every named part. To choose all of them, select `{ kind: 'all' }`. */
export interface NotificationFilter {
  ids?: readonly string[];
  schedule?: string;
  account?: string;
  report?: string;
  /** Slack's channel id. */
  channel?: string;
  workspace?: string;
  /** Has all of these tags. */
  tags?: readonly string[];
}

/** Which failed deliveries: those that match every named part. */
export interface FailedFilter {
  dispatchId?: string;
  workspaceId?: string;
  notificationId?: string;
  /** Slack's channel id. */
  channel?: string;
  errorCode?: string;
}

/** Which unconfirmed deliveries: those that match every named part. */
export interface UnconfirmedFilter {
  /** Ids of deliveries. */
  ids?: readonly string[];
  dispatchId?: string;
  workspaceId?: string;
  notificationId?: string;
  /** Slack's channel id. */
  channel?: string;
}

/** What Slack's refusal has parked. */
export interface ParkedOwner {
  kind: 'workspace' | 'notification';
  id: string;
}

/** Selections that choose notifications, so an idempotency key can stand for the occurrence. */
export type NotificationSelection = Extract<Selection, { kind: 'all' | 'notifications' | 'matching' }>;

export function choosesNotifications(selection: Selection): selection is NotificationSelection {
  switch (selection.kind) {
    case 'all':
    case 'notifications':
    case 'matching':
      return true;
    case 'due':
    case 'parked':
    case 'failed':
    case 'unconfirmed':
    case 'delivery':
    case 'test':
      return false;
  }
}

/** The parts that a filter of notifications can name. */
const FILTER_PARTS: Record<keyof NotificationFilter, 'text' | 'texts'> = {
  ids: 'texts',
  schedule: 'text',
  account: 'text',
  report: 'text',
  channel: 'text',
  workspace: 'text',
  tags: 'texts',
};

/** The parts that a filter of failed deliveries can name. */
const FAILED_PARTS: Record<keyof FailedFilter, 'text'> = {
  dispatchId: 'text',
  workspaceId: 'text',
  notificationId: 'text',
  channel: 'text',
  errorCode: 'text',
};

/** The parts that a filter of unconfirmed deliveries can name. */
const UNCONFIRMED_PARTS: Record<keyof UnconfirmedFilter, 'text' | 'texts'> = {
  ids: 'texts',
  dispatchId: 'text',
  workspaceId: 'text',
  notificationId: 'text',
  channel: 'text',
};

/**
 * Throws a UserError for a selection of no known kind, and for a filter that names nothing: an undefined account must not
 * send to everybody. Selections come from programs and schedules, so the types alone don't protect them.
 */
export function checkSelection(selection: Selection): void {
  switch (selection?.kind) {
    case 'all':
      return;
    case 'due':
      if (selection.schedule !== null) checkText('schedule', selection.schedule);
      return;
    case 'notifications':
      return checkTexts('ids', selection.ids);
    case 'matching':
      return checkFilter(selection.filter, FILTER_PARTS, "{ kind: 'all' }");
    case 'failed':
      checkHowRevived(selection);
      if (selection.which === 'all') return;
      return checkFilter(selection.which, FAILED_PARTS, "{ kind: 'failed', which: 'all' }");
    case 'unconfirmed':
      return checkUnconfirmed(selection.which);
    case 'parked':
      return checkParked(selection);
    case 'delivery':
      checkText('notificationId', selection.notificationId);
      return checkText('occurrence', selection.occurrence);
    case 'test':
      checkText('notificationId', selection.notificationId);
      return checkText('channel', selection.channel);
    default:
      throw invalid(`No known selection: ${JSON.stringify(selection)}`, "Name its kind, such as { kind: 'all' }.");
  }
}

/** Throws a UserError for a filter of unconfirmed deliveries that names nothing, or something unknown. */
export function checkUnconfirmed(which: 'all' | UnconfirmedFilter): void {
  if (which !== 'all') checkFilter(which, UNCONFIRMED_PARTS, "'all'");
}

function checkFilter(filter: object, parts: Record<string, 'text' | 'texts'>, all: string): void {
  if (typeof filter !== 'object' || filter === null)
    throw invalid('The filter is missing', `To choose all, select ${all}.`);
  const named = Object.entries(filter);
  if (named.length === 0) throw invalid('The filter names nothing', `To choose all, select ${all}.`);
  for (const [part, value] of named) {
    if (!Object.hasOwn(parts, part)) {
      throw invalid(`A filter has no "${part}"`, `It has ${Object.keys(parts).join(', ')}.`);
    }
    if (value === undefined) throw invalid(`The filter's "${part}" is undefined`, 'Leave out what should not narrow.');
    if (parts[part] === 'texts') checkTexts(part, value);
    else checkText(part, value);
  }
}

function checkParked({ owner, ...how }: Extract<Selection, { kind: 'parked' }>): void {
  if (owner?.kind !== 'workspace' && owner?.kind !== 'notification') {
    throw invalid('No known owner of parked deliveries', "Its kind is 'workspace' or 'notification'.");
  }
  checkText('owner.id', owner.id);
  checkHowRevived(how);
}

function checkHowRevived({ withinMs, allOccurrences }: HowRevived): void {
  if (withinMs !== undefined && !Number.isFinite(withinMs)) {
    throw invalid('"withinMs" is not a number', 'It is in milliseconds.');
  }
  if (allOccurrences !== undefined && typeof allOccurrences !== 'boolean') {
    throw invalid('"allOccurrences" is neither true nor false', 'Leave it out to send only the newest.');
  }
}

function checkTexts(part: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid(`"${part}" is not a list with something in it`, 'Name at least one.');
  }
  for (const one of value) checkText(part, one);
}

function checkText(part: string, value: unknown): void {
  if (typeof value === 'string' && value.trim() !== '') return;
  throw invalid(`"${part}" has ${JSON.stringify(value) ?? 'undefined'}, which is not a text`, 'Name it by its id.');
}

function invalid(message: string, hint: string): UserError {
  return UserError.input('invalid_selection', message, { hint });
}

/** True if the two choose the same, whatever the order of their parts, ids and tags. */
export function isSameSelection(a: Selection, b: Selection): boolean {
  return JSON.stringify(inOneOrder(a)) === JSON.stringify(inOneOrder(b));
}

function inOneOrder(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set<unknown>(value)].map(String).toSorted((a, b) => (a < b ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(parts.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([part, of]) => [part, inOneOrder(of)]));
}
