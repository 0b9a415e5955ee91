import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/lib/errors.ts';
import { parseDuration } from '../../src/lib/duration.ts';
import { knowSecret } from '../../src/lib/known-secrets.ts';
import { cut, redact, redactError, redactLine } from '../../src/lib/redact.ts';
import { piecesOf } from '../../src/reports/sources/query.ts';
import { markdown } from '../../src/slack/block-kit/html/markdown.ts';
import { mrkdwn } from '../../src/slack/block-kit/html/mrkdwn.ts';
import { SECRET_SHAPES } from '../support/secret-shapes.ts';

const MEGABYTE = 1_048_576;
const KINDS = [
  'a.',
  'a ',
  '.',
  ' ',
  '\n',
  ' \n',
  '\\',
  '\\n',
  '"',
  "'",
  '`',
  '```',
  '>',
  '&gt;',
  '<',
  '[',
  '*a ',
  '_',
  '~',
  '%41',
  '://a:',
  'http://a.',
  'eyJ',
  'eyJa.',
  'password=',
  'password: ',
  '"password":"',
  'password=\\"',
  'token',
  'xoxb-\n',
  'Basic aaaaaaaa ',
  '-----BEGIN PRIVATE KEY-----\n',
  '--user a:',
  'asana airtable akia ghp_ sk- xoxb ops_ ',
  'aaaa/',
  'QUJD',
  "'a",
  '/*',
  '$a$',
  '1',
  '1h ',
  SECRET_SHAPES.map(({ text }) => text).join(' '),
];

/** What reads text from outside, and the most of it that it is given, in characters. */
const READERS: readonly [string, (text: string) => unknown, number][] = [
  ['redact', redact, MEGABYTE],
  ['cut', cut, MEGABYTE],
  ['redactError', (text) => redactError(new Error(text)), MEGABYTE],
  ['redactLine', (text) => redactLine(`${JSON.stringify({ msg: text })}\n`), MEGABYTE],
  ['mrkdwn', mrkdwn, MEGABYTE],
  ['piecesOf', (text) => piecesOf(text, {}), MEGABYTE],
  ['parseDuration', (text) => refused(() => parseDuration(text, { minMs: 1, example: '1 hour' })), MEGABYTE],
];

function refused(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** In milliseconds of the processor, so that other work on the machine does not count. */
function timeOf(read: (text: string) => unknown, text: string): number {
  const begun = process.cpuUsage();
  try {
    read(text);
  } catch (error) {
    // A query without its parameters.
    if (!(error instanceof Error && error.name === 'ReportImpossible')) throw error;
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000;
}

describe.each(READERS)('%s', (_, read, most) => {
  test.each(KINDS)('takes time that grows with a text of %j', (kind) => {
    for (let n = 0; n < 20; n += 1) knowSecret(`s3cr3t-${n}-abcdefghij`);
    const text = (length: number) => kind.repeat(Math.ceil(length / kind.length)).slice(0, length);
    timeOf(read, text(most / 16));
    const first = timeOf(read, text(most));
    // Short times are noise, and no quadratic one is as short.
    if (first < 250) return;
    const small = Math.min(...[1, 2, 3].map(() => timeOf(read, text(most / 8))));
    const large = Math.min(first, timeOf(read, text(most)));
    // Eight times as much; a quadratic one would take 64 times.
    expect(large).toBeLessThan(Math.max(small * 24, 250));
  });
});

// Slack takes 12,000 in all blocks of a message: https://docs.slack.dev/reference/block-kit/blocks/markdown-block
test.each(KINDS)('markdown, whose parser is not ours, takes bounded time for 12,000 characters of %j', (kind) => {
  const text = kind.repeat(Math.ceil(12_000 / kind.length)).slice(0, 12_000);
  expect(timeOf(markdown, text)).toBeLessThan(5_000);
});
