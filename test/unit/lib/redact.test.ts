import * as fc from 'fast-check';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/lib/errors.ts';
import { createLogger } from '../../../src/observability/log.ts';
import { redact, redactError } from '../../../src/lib/redact.ts';

/** Text, and what must not be left of it. */
const SECRETS = [
  ['token xoxb-123-456-abcDEF is revoked', '456'],
  ['xoxe.xoxp-1-Mi0yLTEx expired', 'Mi0yLTEx'],
  ['app token xapp-1-A0B-2-cafe', 'cafe'],
  ['Authorization: Bearer abc.def-123', 'abc.def'],
  ['authorization: basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
  ['postgres://app:hunter2@db.example:5432/crm', 'hunter2'],
  ['postgres://app:p/w@rd@db/crm is down', 'p/w@rd'],
  ['https://hooks.slack.com/services/T0/B0/s3cr3tpart', 's3cr3tpart'],
  ['PUT https://files.slack.com/upload/v1/CwABAAAAX failed', 'CwABAAAAX'],
  ['key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl', 'eyJzdWI'],
  ['https://api.example/v1?access_token=abcd1234&limit=5', 'abcd1234'],
] as const;

/** What people need to read. */
const PLAIN = [
  'https://example.com:8443/a@b',
  'No Temporal server answers at localhost:7233 (ECONNREFUSED)',
  'Token reference "env:SLACK_TOKEN" gives no token: missing_scope',
  'deliver/acme-weekly/2026-11-23T09:00[Europe/Berlin]',
  'mailto:a@example.com and Acme → #acme-reports',
];

describe('redact', () => {
  test.each(SECRETS)('blots out what is secret of %j', (text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(redact(text))).toBe(redact(text));
  });

  test.each(PLAIN)('leaves %j as it is', (text) => {
    expect(redact(text)).toBe(text);
  });

  test('leaves JSON that can be read', () => {
    const secret = fc.constantFrom(...SECRETS.map(([text]) => text));
    fc.assert(
      fc.property(fc.string(), secret, fc.string(), (before, text, after) => {
        const clean = redact(JSON.stringify({ before, text, nested: [after + text + before] }));
        expect(Object.keys(JSON.parse(clean) as object)).toEqual(['before', 'text', 'nested']);
      }),
      { examples: [['X-Id', 'xoxb-1-2', '']] },
    );
  });
});

describe('an error', () => {
  test('loses its secrets in message, stack, details and causes, and stays the same error', () => {
    const cause = new Error('postgres://app:hunter2@db refused');
    const error = ApplicationFailure.nonRetryable('Report x: xoxb-1-hunter2', 'load_failed', {
      message: 'xoxb-1-hunter2',
    });
    Object.assign(error, { cause });
    const clean = redactError(error);
    expect(clean).toBe(error);
    expect(error.message).toBe('Report x: xox*-***');
    expect(error.details).toEqual([{ message: 'xox*-***' }]);
    expect(`${error.stack}${cause.message}${cause.stack}`).not.toContain('hunter2');
    expect(error.type).toBe('load_failed');
  });

  test('tells its message without them', () => {
    expect(messageOf(new Error('Bearer abcdefghij'))).toBe('Bearer ***');
    expect(messageOf('xoxb-1-2')).toBe('xox*-***');
  });
});

test('a log line holds no secret, wherever in it it stands', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  const error = new Error('postgres://app:hunter2@db refused');
  logger.info({ error, token: 'xoxb-1-hunter2', deep: { list: ['Bearer hunter2hunter2'] } }, 'with xoxb-1-hunter2');
  expect(lines.join('')).not.toContain('hunter2');
  expect(JSON.parse(lines.join(''))).toMatchObject({
    level: 'info',
    msg: 'with xox*-***',
    error: { type: 'Error', message: 'postgres://app:***@db refused' },
  });
});
