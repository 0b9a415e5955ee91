import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { messageText } from '../../../../src/cli/preview/terminal.ts';
import { section, type ReportBlock } from '../../../../src/reports/blocks/blocks.ts';
import { bold, link, mention, mrkdwn } from '../../../../src/reports/blocks/text.ts';
import { toMessage } from '../../../../src/reports/message.ts';

const shown = (...blocks: ReportBlock[]) =>
  stripVTControlCharacters(messageText(toMessage('r', { text: 'x', blocks }))).split('\n\n')[1];

test('a label of a link is shown whole, also behind a bar', () => {
  expect(shown(section(link('a | b | c', 'https://e.com')))).toBe('a | b | c (https://e.com/)');
});

test('data that looks like formatting is shown as it is', () => {
  const text = mrkdwn`${bold('*2*3 = *6**')}: ${link(':tada:', 'https://e.com')} ${mention('U0ANNA')}`;
  expect(shown(section(text))).toBe('*2*3 = *6**: :tada: (https://e.com/) @U0ANNA');
});
