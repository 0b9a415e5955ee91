/** A delivery, as the store gives it to everything else. Instants are ISO 8601 UTC, which sorts as time does. */

export const DELIVERY_STATES = [
  'pending',
  'posting',
  'delivered',
  'failed',
  'unconfirmed',
  'parked',
  'missed',
  'skipped',
  'cancelled',
] as const;
/**
 * How far a delivery is. `pending` and `posting` go on, `parked` waits for a person, `failed` can be sent again by
 * `redrive`, `unconfirmed` is settled by a later look or a person; the others are final.
 */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/**
 * Every legal move, of a report and of a post in its thread; the database refuses all others. `delivered`, `missed`,
 * `cancelled` and `skipped` are final.
 */
export const LEGAL_MOVES: readonly (readonly [from: DeliveryState, to: DeliveryState])[] = [
  ['pending', 'posting'],
  ['pending', 'failed'],
  ['pending', 'parked'],
  ['pending', 'cancelled'],
  ['pending', 'skipped'], // the report had nothing to say, or its notification was paused or removed
  ['pending', 'missed'], // its post would have begun too late
  ['posting', 'pending'], // Slack surely did not take it
  ['posting', 'delivered'],
  ['posting', 'failed'],
  ['posting', 'parked'],
  ['posting', 'unconfirmed'],
  ['parked', 'pending'], // resumed
  ['parked', 'cancelled'],
  ['parked', 'missed'],
  ['failed', 'pending'], // redriven
  ['unconfirmed', 'delivered'], // found later, or a person says it is there
  ['unconfirmed', 'failed'], // surely not there, seen later
  ['unconfirmed', 'cancelled'], // the same, of a run that was cancelled
  ['unconfirmed', 'posting'], // to be sent again: looked up first
  ['failed', 'missed'], // a newer one was redriven instead
];

/** The code of the step by which a person sends an unconfirmed delivery again: it is not there, they say. */
export const RESEND = 'resend';
/** The code of a delivery that a person has confirmed to be in its channel; it may have no `ts`. */
export const CONFIRMED = 'confirmed';

export interface DeliveryError {
  code: string;
  message: string;
}

/** One step in the life of a delivery. */
export interface LogEntry {
  at: string;
  state: DeliveryState;
  code?: string;
  message?: string;
  /** Set where it may have been posted: Slack answered with an unknown code, or not in a way that can be read. */
  doubt?: 'unknown_code' | 'answer_lost';
}

/** A message as it is posted: what phones show, and the blocks. */
export interface StoredMessage {
  text: string;
  blocks: unknown[];
  /** Numbers of the files that this post of a thread is there to share. */
  attached?: number[];
}

interface Post {
  id: string;
  notificationId: string;
  /** `2026-11-23T09:00[Europe/Berlin]` for an own recurrence, `2026-11-23T08:00:00Z` for a schedule or a run. */
  occurrence: string;
  name: string;
  account: string;
  report: string;
  params: unknown;
  workspaceId: string;
  channel: string;
  channelName: string | undefined;
  /** Workflow id of the dispatch that claimed it. */
  dispatchId: string;
  dueAt: string;
  /** The time planned for its post. */
  notBefore: string;
  /** After this no post of it begins; undefined where it is never too late. */
  postUntil: string | undefined;
  /** A person or a program asked for it, so a pause from before does not hold it back. */
  byHand: boolean;
  /** When it is tried next, where it has a place in a line of posts that wait for a slot. */
  placeAt: string | undefined;
  claimedAt: string;
  /** Why it goes out more than a few minutes after its time; undefined where it does not. */
  lateReason: string | undefined;
  state: DeliveryState;
  /** How often a post was begun. */
  attempts: number;
  postingAt: string | undefined;
  /** When Slack was first read without finding the message of an attempt whose answer was lost. */
  absentAt: string | undefined;
  finishedAt: string | undefined;
  /** Slack's `ts` of the message. */
  messageTs: string | undefined;
  error: DeliveryError | undefined;
  /** Kept from rendering until the delivery has ended, so that a retry posts the very same. */
  message: StoredMessage | undefined;
  /** When the message was rendered. Undefined: there is none, or Slack may have it, so that it must not change. */
  renderedAt: string | undefined;
  /** Files of the report, uploaded before its message or its thread can show them. */
  files: number;
  log: LogEntry[];
}

/** A report in its channel. */
export interface ReportPost extends Post {
  kind: 'report';
  threadPosts: number;
  /** Those of them that have not ended. */
  threadPostsOpen: number;
}

/** A post in the thread under a report. */
export interface ThreadPost extends Post {
  kind: 'thread_post';
  reportId: string;
  /** From 1, in the order of the thread. */
  threadNr: number;
}

/** What the ledger has of a post: a report, or a post in the thread under one. */
export type Delivery = ReportPost | ThreadPost;

/** The id of the n-th post in a report's thread: of its own, so that no post is taken for another. */
export function threadPostId(reportId: string, threadNr: number): string {
  return `${reportId}.${threadNr}`;
}

/** The report above a thread post, read from its id; undefined for the id of a report. */
export function reportIdOf(id: string): string | undefined {
  const dot = id.indexOf('.');
  return dot === -1 ? undefined : id.slice(0, dot);
}
