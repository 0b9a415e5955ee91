import { context } from './blocks.ts';
import { type ReportMessage, toMessage } from './message.ts';
import { bold, join, Mrkdwn, mrkdwn } from './text.ts';

/** The same message, which says before all else that it is a test, on phones too. */
export function asTest(report: string, notification: string, message: ReportMessage): ReportMessage {
  const { text, blocks, ...more } = message;
  const note = mrkdwn`:test_tube: ${bold('Test')} of the notification ${notification}, sent by hand to this channel only`;
  // Its text is markup already.
  const draft = { text: join(['[Test]', new Mrkdwn(text)], ' '), blocks: [context(note), ...blocks] };
  return { ...more, ...toMessage(report, blocks.length === 0 ? { ...draft, blocks } : draft) };
}
