import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../../src/lib/errors.ts';
import { describeRule } from '../../../../../src/domain/recurrence/describe.ts';
import { parseRecurrence } from '../../../../../src/domain/recurrence/recurrence.ts';
import { parseWords } from '../../../../../src/domain/recurrence/words.ts';
import { expected, matched, read, refused } from './phrases.ts';

function refusalOf(phrase: string): UserError {
  try {
    parseWords(phrase);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`"${phrase}" is read`);
}

test('there are more than 300 phrases besides those of the issue, of both kinds', () => {
  expect(read.length).toBeGreaterThan(400);
  expect(refused.length).toBeGreaterThan(250);
});

test.each(read)('"%s" is %s', (phrase, outcome) => {
  expect(matched(parseWords(phrase))).toEqual(matched(expected(outcome)));
});

describe('refused', () => {
  test.each(refused)('"%s" names %s, and a phrase that works', (phrase, outcome) => {
    const { code, exitCode, message, hint = '' } = refusalOf(phrase);
    const [word, like] = outcome.slice(2).split('; like ');
    expect({ code, exitCode }).toEqual({ code: 'invalid_recurrence', exitCode: 2 });
    const problem = message.slice(message.indexOf('is no recurrence'));
    expect(problem).toContain(word === 'time' ? 'at what time' : `"${word}`);
    const suggested = Array.from(hint.matchAll(/"([^"]+)"/g), ([, text = '']) => text);
    expect(suggested.length).toBeGreaterThan(0);
    if (like !== undefined) expect(suggested[0]).toBe(like);
    for (const text of suggested) {
      expect(() => parseWords(text)).not.toThrow();
      expect(text).not.toBe(phrase);
    }
  });
});

test('the description of each is read as the same', () => {
  for (const [phrase] of read) {
    const rule = parseWords(phrase);
    const step = rule.step && { ...rule.step, anchorOn: '2026-12-04' };
    const { fields } = parseRecurrence({ ...rule, step, timezone: 'UTC' });
    expect({ phrase, ...matched(parseWords(describeRule(fields))) }).toEqual({ phrase, ...matched(rule) });
  }
});
