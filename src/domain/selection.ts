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
  | { kind: 'parked'; owner: ParkedOwner; withinMs: number }
  /** Failed deliveries, tried again. */
  | { kind: 'failed'; which: 'all' | FailedFilter }
  /** A second delivery of an occurrence that was sent, or may have been. */
  | { kind: 'delivery'; notificationId: string; occurrence: string }
  /** A notification's report, now, to another channel of its workspace. */
  | { kind: 'test'; notificationId: string; channel: string };

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
    case 'delivery':
    case 'test':
      return false;
  }
}

/** The parts that a filter can name. */
const FILTER_PARTS: Record<keyof NotificationFilter, true> = {
  ids: true,
  schedule: true,
  account: true,
  report: true,
  channel: true,
  workspace: true,
  tags: true,
};

/**
 * Throws a UserError for a selection of no known kind, and for a filter that names nothing: an undefined account must not
 * send to everybody. Selections come from programs and schedules, so the types alone don't protect them.
 */
export function checkSelection(selection: Selection): void {
  switch (selection.kind) {
    case 'matching': {
      checkFilter(selection.filter, "{ kind: 'all' }");
      const unknown = Object.keys(selection.filter).find((part) => !Object.hasOwn(FILTER_PARTS, part));
      if (unknown === undefined) return;
      throw invalid(`A filter has no "${unknown}"`, `It has ${Object.keys(FILTER_PARTS).join(', ')}.`);
    }
    case 'failed':
      if (selection.which !== 'all') checkFilter(selection.which, "{ kind: 'failed', which: 'all' }");
      return;
    case 'due':
    case 'all':
    case 'notifications':
    case 'parked':
    case 'delivery':
    case 'test':
      return;
    default:
      throw invalid(`No known selection: ${JSON.stringify(selection)}`, "Name its kind, such as { kind: 'all' }.");
  }
}

function checkFilter(filter: NotificationFilter | FailedFilter, all: string): void {
  const empty = Object.entries(filter).find(([, value]) => value === undefined);
  if (empty !== undefined)
    throw invalid(`The filter's "${empty[0]}" is undefined`, 'Leave out what should not narrow.');
  if (Object.keys(filter).length === 0) throw invalid('The filter names nothing', `To choose all, select ${all}.`);
}

function invalid(message: string, hint: string): UserError {
  return UserError.input('invalid_selection', message, { hint });
}
