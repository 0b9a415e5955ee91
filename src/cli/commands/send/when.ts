import { UserError } from '../../../lib/errors.ts';
import { parseZone } from '../../../domain/recurrence/recurrence.ts';
import { occurrenceOfInstant } from '../../../domain/occurrence.ts';
import { type Send, stateText } from '../../../scheduling/send.ts';
import { sendDelay, sendTime, type SendTime } from '../../../scheduling/send-time.ts';
import { printJson } from '../../output/output.ts';

export const IN_OPTION = ['--in <duration>', 'or how long from now: "2 hours"'] as const;
export const TIMEZONE_OPTION = [
  '--timezone <name>',
  "IANA time zone of --at (default: the notification's own, else UTC)",
] as const;

export interface WhenOptions {
  at?: string;
  in?: string;
  timezone?: string;
}

/** Undefined to send now. `otherwise` is the zone if nothing names one. */
export function timeAsked({ at, in: delay, timezone }: WhenOptions, otherwise: string): SendTime | undefined {
  if (at !== undefined && delay !== undefined) {
    throw UserError.input('invalid_options', 'Use either --at or --in, not both');
  }
  if (timezone !== undefined) parseZone(timezone);
  if (delay !== undefined) return sendDelay(delay, new Date());
  if (at !== undefined) return sendTime(at, timezone ?? otherwise, new Date());
  if (timezone === undefined) return undefined;
  throw UserError.input('invalid_options', '--timezone belongs to --at');
}

/** A scheduled send in one line. */
export function printSend(send: Send, { json }: { json: boolean | undefined }): void {
  if (json === true) return printJson(send);
  const time =
    send.at === undefined ? '' : `${occurrenceOfInstant(send.at)}${send.note === '' ? '' : ` (${send.note})`}`;
  console.log(send.state === 'waiting' ? `${send.id} is sent ${time}` : `${send.id} is ${stateText(send)}`);
}
