import { describe, expect, test } from 'vitest';
import { knowPasswordOf, knowSecret } from '../../../src/lib/known-secrets.ts';
import { redact, redactDeep, redactError, redactLine } from '../../../src/lib/redact.ts';
import { SECRET_SHAPES } from '../../support/secret-shapes.ts';

describe('a secret of a known shape', () => {
  test('there are more than 200 of them', () => expect(SECRET_SHAPES.length).toBeGreaterThanOrEqual(200));

  test.each(SECRET_SHAPES)('$name: nothing of it is left', ({ text, secrets }) => {
    const clean = redact(text);
    for (const secret of secrets) expect(clean).not.toContain(secret);
    expect(redact(clean)).toBe(clean);
  });

  test.each(SECRET_SHAPES)(
    '$name: nothing of it is left in a log line, an error, or its causes',
    ({ text, secrets }) => {
      const line = redactLine(`${JSON.stringify({ msg: text, error: { stack: text, deep: [text] } })}\n`);
      const error = new AggregateError([new Error(text)], text, { cause: new Error('x', { cause: text }) });
      const clean = redactError(error) as AggregateError;
      const inError = [clean.message, clean.stack, ...clean.errors.map(String), JSON.stringify(redactDeep({ text }))];
      const causes = [(clean.cause as Error).stack, String((clean.cause as Error).cause)];
      for (const secret of secrets) {
        for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) {
          expect([line, ...inError, ...causes].join('\n')).not.toContain(form);
        }
      }
      expect(Object.keys(JSON.parse(line) as object)).toEqual(['msg', 'error']);
    },
  );
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a secret that this process has read', () => {
  // No shape: it could be any word.
  const secret = 'correct horse+battery/staple?Ä';
  knowSecret(secret);

  test.each([
    ['as it is', secret],
    ['in a URL', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ a: secret }).toString().slice(2)],
    ['in base64', base64(secret)],
    ['in base64 behind a user', base64(`u:${secret}`)],
    ['in base64 behind another', base64(`us:${secret} more`)],
    ['in base64 between others', base64(`use:${secret}`)],
    ['in base64url', Buffer.from(`a${secret}`).toString('base64url')],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['in JSON', JSON.stringify({ secret })],
    ['over two lines', 'correct horse+bat\n    tery/staple?Ä'],
    ['over lines in JSON', JSON.stringify('correct horse+\nbattery/stap\nle?Ä')],
    ['often', Array.from({ length: 50 }, () => secret).join(' ')],
  ])('%s: it is blotted out', (_, text) => {
    const clean = redact(`before ${text} after`);
    expect(clean).toMatch(/^before .*\*\*\*.* after$/s);
    for (const part of ['horse', 'battery', 'staple', text.slice(4, -4)]) expect(clean).not.toContain(part);
  });

  test('is known from an address, as it is written and as it is meant', () => {
    knowPasswordOf('postgres://app:p%40ss-9x@db/crm');
    expect(redact('login with p@ss-9x or p%40ss-9x failed')).toBe('login with *** or *** failed');
  });

  test('a word that stands in any text is none', () => {
    knowPasswordOf('postgres://app:postgres@db/crm');
    knowSecret('abc1');
    expect(redact('cannot reach postgres, code abc1')).toBe('cannot reach postgres, code abc1');
  });
});

describe('an odd error', () => {
  test.each([
    ['a text', 'xoxb-1-hunter2'],
    ['an object', { message: 'xoxb-1-hunter2' }],
    ['a frozen error', Object.freeze(new Error('xoxb-1-hunter2'))],
    ['a text as the cause', new Error('x', { cause: 'xoxb-1-hunter2' })],
    ['a message that is no text', Object.assign(new Error('x'), { message: { token: 'xoxb-1-hunter2' } })],
  ])('%s holds no secret either', (_, thrown) => {
    const clean = redactError(thrown);
    const all = clean instanceof Error ? [clean.message, clean.stack, String(clean.cause)].join('\n') : String(clean);
    expect(all).not.toContain('hunter2');
  });

  test('with a cause that goes round comes to an end', () => {
    const error = new Error('xoxb-1-hunter2');
    error.cause = error;
    expect((redactError(error) as Error).message).toBe('xox*-***');
  });
});
