import { expect, test } from 'vitest';
import { UserError } from '../../../src/lib/errors.ts';
import type { Schedules } from '../../../src/schedule.ts';
import { carryOut, planOf } from '../../../src/scheduling/apply.ts';
import { refusalOf } from '../../../src/scheduling/server-errors.ts';
import { DEFAULTS } from '../../../src/scheduling/settings.ts';

const grpc = (code: number, details: string) => Object.assign(new Error(`${code} ${details}`), { code, details });

test('an answer of the server becomes an error in words, and anything else stays what it is', () => {
  expect(refusalOf(grpc(3, 'invalid schedule spec'), 'a')).toMatchObject({
    code: 'invalid_schedule',
    exitCode: 2,
    message: 'The Temporal server refused schedule "a": invalid schedule spec',
  });
  // As the SDK wraps it.
  const wrapped = new Error('Failed to create schedule', { cause: grpc(8, 'too many requests') });
  expect(refusalOf(wrapped, 'a')).toMatchObject({
    code: 'refused',
    exitCode: 1,
    message: 'The Temporal server did not answer about schedule "a": too many requests',
  });
  expect(refusalOf(grpc(5, 'not found'), 'a')).toBeUndefined();
  expect(refusalOf(new TypeError('a bug'), 'a')).toBeUndefined();
});

test('one that the server refuses stops no other, and what was done is told', async () => {
  const put: string[] = [];
  const server = {
    async put(id: string) {
      await Promise.resolve();
      if (id === 'b') throw UserError.input('invalid_schedule', 'refused');
      put.push(id);
    },
  } as unknown as Schedules;
  const added = ['a', 'b', 'c'].map((id) => ({ id, settings: DEFAULTS }));
  const applied = await carryOut(server, { added, changed: [] }, []);
  expect(put).toEqual(['a', 'c']);
  expect(applied).toMatchObject({ done: ['a', 'c'], failed: [{ id: 'b' }] });
});

async function look(id: string) {
  await Promise.resolve();
  if (id.startsWith('broken')) throw UserError.failure('refused', `no answer about ${id}`);
  return id === 'theirs' ? { scheduleId: id } : undefined;
}

test('one that the server cannot show, in the file or not, stops no other', async () => {
  const server = {
    find: look,
    look,
    list: async () => Promise.resolve(['broken-other', 'theirs'].map((scheduleId) => ({ scheduleId }))),
    isManaged: () => false,
  } as unknown as Schedules;
  const declared = new Map(['a', 'broken', 'c'].map((id) => [id, DEFAULTS]));
  const plan = await planOf(server, declared);
  expect(plan.added.map(({ id }) => id)).toEqual(['a', 'c']);
  expect(plan).toMatchObject({ changed: [], extra: [], unreadable: [{ id: 'broken' }, { id: 'broken-other' }] });
});
