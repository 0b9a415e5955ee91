import { expect, test } from 'vitest';
import { migrations } from '../../../src/store/migrations.ts';

test('migrations say in their names whether they add only, for programs that do not know them', () => {
  const [first, ...others] = Object.keys(migrations('sqlite'));
  expect(first).toBe('001_first');
  for (const name of others) expect(name).toMatch(/^\d{3}_(expand|contract)_[a-z_]+$/);
});
