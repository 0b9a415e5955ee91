import { z } from 'zod';
import { join, mention, mentionAll, type Mrkdwn, mrkdwn, type Text } from '../blocks/text.ts';

/** Who is told, as a parameter of a report: a person (`U…`), a user group (`S…`), `here` or `channel`. */
export const mentionParameter = z
  .string()
  .regex(/^(?:[UWS][A-Z0-9]+|here|channel)$/, 'is a person (U…), a user group (S…), here, or channel');

export function mentioned(who: string): Mrkdwn {
  return who === 'here' || who === 'channel' ? mentionAll(who) : mention(who);
}

/** Problems in lines of their own, under who is told of them. */
export function warnings(problems: readonly Text[], who: string | undefined): Mrkdwn {
  const list = join(problems.map((problem) => mrkdwn`:warning: ${problem}`));
  return who === undefined ? list : mrkdwn`${mentioned(who)}\n${list}`;
}
