import { z } from 'zod';
import { type Mrkdwn, mention, mentionAll } from '../blocks/text.ts';

/** Who is told, as a parameter of a report: a person (`U…`), a user group (`S…`), `here` or `channel`. */
export const mentionParameter = z
  .string()
  .regex(/^(?:[UWS][A-Z0-9]+|here|channel)$/, 'is a person (U…), a user group (S…), here, or channel');

export function mentioned(who: string): Mrkdwn {
  return who === 'here' || who === 'channel' ? mentionAll(who) : mention(who);
}
