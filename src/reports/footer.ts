import { type Due, recurrenceOf } from '../domain/notification.ts';
import { describeRecurrence } from '../recurrence.ts';
import { asMade, type ReportBlock } from './blocks.ts';
import { CLOSING_TEXT_MAX, type ReportMessage } from './message.ts';
import { mrkdwn, toMrkdwn, type Text } from './text.ts';

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
  const text = { type: 'mrkdwn' as const, text: toMrkdwn(line, CLOSING_TEXT_MAX), verbatim: true };
  return asMade({ type: 'context', elements: [text] });
}

/** Of text that is escaped, and short enough for a section, already. */
function paragraph(text: string): ReportBlock {
  return asMade({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });
}
