import { z } from 'zod';
import { join, mention, mentionAll, type Mrkdwn, mrkdwn, type Text } from '../blocks/text.ts';

/** Who is mentioned, as a parameter of a report: a person (`U…`), a user group (`S…`), `here` or `channel`. */
export const mentionParameter = z
  .string()
  .regex(/^(?:[UWS][A-Z0-9]+|here|channel)$/, 'is a person (U…), a user group (S…), here, or channel');

export function mentioned(who: string): Mrkdwn {
  return who === 'here' || who === 'channel' ? mentionAll(who) : mention(who);
}

/** Problems, each in a line of its own, below the mention of a person or group. */
export function warnings(problems: readonly Text[], who: string | undefined): Mrkdwn {
  const list = join(problems.map((problem) => mrkdwn`:warning: ${problem}`));
  return who === undefined ? list : mrkdwn`${mentioned(who)}\n${list}`;
}
