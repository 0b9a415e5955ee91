import { UserError } from '../lib/errors.ts';

/** Who is told in Slack of a notification that does not arrive: a channel or a person, in a workspace. */
export interface Owner {
  /** Undefined: the workspace of the notification, and for an account or a setting the workspace `default`. */
  workspaceId: string | undefined;
  /** Slack's id of a channel or of a person. */
  channel: string;
}

const OWNER = /^(?:(?<workspace>[^/\s]{1,100})\/)?(?<channel>[CDGUW][A-Z0-9]{2,49})$/;

/** What is said of a text that names no owner. */
export const OWNER_FORM =
  "must be a channel or a person by Slack's id, such as C0123456789 or U0123456789, with another workspace before it: ops/C0123456789";

export function isOwner(text: string): boolean {
  return OWNER.test(text);
}

/**
 * Reads `C0OPS`, `U0ANNA`, or `ops/C0OPS` of the workspace `ops`.
 * @throws UserError `invalid_owner`
 */
export function parseOwner(text: string): Owner {
  const found = OWNER.exec(text)?.groups;
  if (found === undefined) throw UserError.input('invalid_owner', `Owner "${text.slice(0, 60)}" ${OWNER_FORM}`);
  return { workspaceId: found['workspace'], channel: found['channel'] ?? '' };
}

/** The built-in report that a notice is. */
export const NOTICE_REPORT = 'owner-notice';

/** Where an owner is told: a place in Slack. */
export interface OwnerPlace {
  workspaceId: string;
  channel: string;
}

const NOTICE = '@owner:';

/** What the ledger calls the notices to an owner; no notification can have such an id. */
export function noticeId({ workspaceId, channel }: OwnerPlace): string {
  return `${NOTICE}${workspaceId}:${channel}`;
}

/** Notices are never noticed themselves. */
export function isNotice(notificationId: string): boolean {
  return notificationId.startsWith(NOTICE);
}

/** What SQL's `like` finds notices by. */
export const LIKE_NOTICE = `${NOTICE}%`;

/** What a notice says; the report `owner-notice` shows it. Instants are ISO 8601 UTC. */
export interface Notice {
  kind: 'trouble' | 'recovery';
  /** When the first delivery of the streak did not arrive. */
  since: string;
  /** When the last notification had arrived again; of a recovery. */
  until?: string | undefined;
  /** Notifications: in trouble, or recovered. */
  notifications: number;
  /** How many ended in which way, the most frequent first. */
  endings: { state: string; code: string; message: string; count: number }[];
  /** The first of them. */
  named: { notification: string; channel: string }[];
}
