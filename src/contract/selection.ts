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
export const FILTER_PARTS: Record<keyof NotificationFilter, true> = {
  ids: true,
  schedule: true,
  account: true,
  report: true,
  channel: true,
  workspace: true,
  tags: true,
};
