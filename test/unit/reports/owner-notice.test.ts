import { expect, test } from 'vitest';
import type { Notice } from '../../../src/domain/owner.ts';
import { ownerNotice } from '../../../src/reports/built-in/owner-notice.ts';
import type { Sources } from '../../../src/reports/sources/types.ts';
import { seenIn } from '../../support/reader.ts';

const SINCE = '2026-11-23T08:00:00.000Z';
const TROUBLE: Notice = {
  kind: 'trouble',
  since: SINCE,
  notifications: 12,
  endings: [
    { state: 'parked', code: 'token_revoked', message: 'An API error occurred: token_revoked', count: 11 },
    { state: 'unconfirmed', code: 'answer_lost', message: '<!channel> *not ours*', count: 1 },
  ],
  named: [{ notification: 'acme-weekly', channel: '#acme' }],
};

async function textOf(params: Notice): Promise<string> {
  const input = { account: 'owners', params, since: undefined, dueAt: new Date(SINCE), timezone: undefined };
  const { text, blocks } = await ownerNotice.make(input, {} as Sources);
  return [text, ...blocks.flatMap(seenIn)].join('\n');
}

test('a notice of trouble says what happened, since when, and what to do', async () => {
  const text = await textOf(TROUBLE);
  expect(text).toMatch(/^12 notifications do not arrive, since Nov 23, 8:00 AM UTC/);
  for (const part of [
    '11 parked: token_revoked. What to do: install the app again and give the worker its token',
    '1 unconfirmed: answer_lost. What to do: look in the channel',
    'acme-weekly → #acme',
    '… and 11 more',
    'slack-reports failures list',
  ]) {
    expect(text).toContain(part);
  }
  expect(text, 'an error is data').toContain('<!channel> *not ours*');
});

test('a notice of recovery says how many, and since when they were in trouble', async () => {
  const text = await textOf({ kind: 'recovery', since: SINCE, until: SINCE, notifications: 1, endings: [], named: [] });
  expect(text).toMatch(/^1 notification arrived again\n.*In trouble since/s);
});
