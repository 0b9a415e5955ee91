import { type Due, recurrenceOf } from '../domain/notification.ts';
import { describeRecurrence } from '../domain/recurrence/describe.ts';
import { localTimeAt } from '../domain/recurrence/recurrence.ts';
import { asMade, context, contextOf, type ReportBlock } from './blocks/blocks.ts';
import { CLOSING_TEXT_MAX, type ReportMessage, toMessage } from './message.ts';
import { bold, join, mrkdwn, Mrkdwn, type Text } from './blocks/text.ts';

/** Why a message was sent. */
export interface Reason {
  notification: string;
  account: string;
  /** Undefined if the notification was removed meanwhile. */
  due: Due | undefined;
}

/** "Why am I getting this?", in a line of small print. */
export function footer({ notification, account, due }: Reason): Text {
  return mrkdwn`Sent for account ${account} · ${whenInWords(due)} · notification ${notification}`;
}

function whenInWords(due: Reason['due']): string {
  switch (due?.kind) {
    case undefined:
      return 'removed since';
    case 'schedule':
      return `with schedule ${due.scheduleId}`;
    case 'recurrence':
      return describeRecurrence(recurrenceOf(due));
    case 'on-demand':
    case 'once':
      return 'when asked for';
    case 'source':
      return `by source ${due.source}`;
  }
}

/** The message with lines of small print under it, for which every message has room: two at the most. */
export function withClosing(message: ReportMessage, lines: readonly Text[]): ReportMessage {
  if (lines.length === 0) return message;
  // Without blocks Slack shows the text; with the lines alone it would show nothing else.
  const blocks = message.blocks.length > 0 ? message.blocks : [paragraph(message.text)];
  return { ...message, blocks: [...blocks, ...lines.map(smallPrint)] };
}

function smallPrint(line: Text): ReportBlock {
  return contextOf(line, CLOSING_TEXT_MAX);
}

/** Of text that is escaped, and short enough for a section, already. */
function paragraph(text: string): ReportBlock {
  return asMade({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });
}

/** What a delivery that was claimed late says above its report, in its own zone: "Due 09:00, posted 09:42: nothing was running". */
export function lateLine(late: { dueAt: Date; postedAt: Date; timezone: string | undefined; reason: string }): string {
  const { dueAt, postedAt, timezone, reason } = late;
  const zoneRead = timezone ?? 'UTC';
  const [due, posted] = [localTimeAt(zoneRead, dueAt), localTimeAt(zoneRead, postedAt)];
  const sameDay = due.slice(0, DATE_LENGTH) === posted.slice(0, DATE_LENGTH);
  const [dueText, postedText] = [due, posted].map((local) =>
    sameDay ? local.slice(DATE_LENGTH + 1) : local.replace('T', ' '),
  );
  const zone = timezone === undefined ? ' UTC' : '';
  return `Due ${dueText}${zone}, posted ${postedText}${zone}: ${reason}`;
}

const DATE_LENGTH = 'yyyy-mm-dd'.length;

/** The same message, which says before all else that it is a test, on phones too. */
export function asTest(report: string, notification: string, message: ReportMessage): ReportMessage {
  const { text, blocks, ...more } = message;
  const note = mrkdwn`:test_tube: ${bold('Test')} of the notification ${notification}, sent by hand to this channel only`;
  // Its text is markup already.
  const draft = { text: join(['[Test]', new Mrkdwn(text)], ' '), blocks: [context(note), ...blocks] };
  return { ...more, ...toMessage(report, blocks.length === 0 ? { ...draft, blocks } : draft) };
}
