import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/lib/errors.ts';
import { ordinaryTrouble } from '../../../src/lib/ordinary-trouble.ts';

const withCode = (code: unknown, more: object = {}) => Object.assign(new Error('said xoxb-1-2'), { code, ...more });

describe('ordinary trouble is no bug:', () => {
  test.each([
    ['a full disk', withCode('ENOSPC'), 'disk_full'],
    ['a full SQLite', withCode('ERR_SQLITE_ERROR', { errcode: 13 }), 'disk_full'],
    ['an extended code of SQLite', withCode('ERR_SQLITE_ERROR', { errcode: 10 + (3 << 8) }), 'store_unavailable'],
    ['a full Postgres', withCode('53100', { severity: 'ERROR' }), 'disk_full'],
    ['a Postgres that ends', withCode('57P01', { severity: 'FATAL' }), 'store_unavailable'],
    ['a wrong password', withCode('28P01', { severity: 'FATAL' }), 'store_unavailable'],
    ['a Temporal that is away', withCode(14, { metadata: {} }), 'no_temporal_server'],
    ['a call that takes too long', withCode(4, { metadata: {} }), 'no_temporal_server'],
    ['a wrong API key', withCode(16, { metadata: {} }), 'temporal_refused'],
    ['an old server', withCode(12, { metadata: {} }), 'temporal_too_old'],
    ['a name that is not known', new Error('x', { cause: withCode('ENOTFOUND') }), 'no_answer'],
    ['two addresses that refuse', new AggregateError([withCode('ECONNREFUSED')]), 'no_answer'],
    ['a folder of another user', withCode('EACCES'), 'cannot_write'],
  ])('%s', (_, error, code) => {
    const trouble = ordinaryTrouble(error);
    expect(trouble).toMatchObject({ code, exitCode: 1, hint: expect.stringMatching(/.{10}/), cause: error });
    expect(trouble?.message).not.toContain('xoxb-1');
  });

  test('a damaged file, as SQLite says it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'trouble-'));
    try {
      writeFileSync(join(folder, 'x.db'), 'no database'.repeat(500));
      using database = new DatabaseSync(join(folder, 'x.db'));
      let thrown: unknown;
      try {
        database.exec('create table x (y)');
      } catch (error) {
        thrown = error;
      }
      expect(ordinaryTrouble(thrown)).toMatchObject({ code: 'store_unavailable' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('what is known better stays as it is', () => {
  const error = UserError.input('invalid_time', 'x');
  expect(ordinaryTrouble(error)).toBe(error);
});

test.each([
  ['an error of ours', new TypeError('x is not a function')],
  ['a constraint', withCode('23505', { severity: 'ERROR' })],
  ['a wrong statement', withCode('ERR_SQLITE_ERROR', { errcode: 1 })],
  ['a workflow that is not there', withCode(5, { metadata: {} })],
  ['a text', 'x'],
])('%s is a bug', (_, error) => {
  expect(ordinaryTrouble(error)).toBeUndefined();
});
