import { test } from 'vitest';
import { claimsManyIds } from '../support/many-ids.ts';

test('a run on sqlite chooses each of 33,000 ids, in batches', () => claimsManyIds('sqlite'));
