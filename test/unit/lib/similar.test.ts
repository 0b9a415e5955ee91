import { describe, expect, test } from 'vitest';
import { didYouMean, similar, unknownId } from '../../../src/lib/similar.ts';

const ZONES = Intl.supportedValuesOf('timeZone');
const IDS = ['acme-weekly', 'acme-monthly', 'bluebird-weekly', 'x'];

describe('what was meant', () => {
  test.each([
    ['Europe/Berln', ZONES, 'Europe/Berlin'],
    ['berlin', ZONES, 'Europe/Berlin'],
    ['New York', ZONES, 'America/New_York'],
    ['Asia/Tokio', ZONES, 'Asia/Tokyo'],
    ['Amerika/New_York', ZONES, 'America/New_York'],
    ['acme-wekly', IDS, 'acme-weekly'],
    ['acme_weekly', IDS, 'acme-weekly'],
  ])('%s', (word, candidates, meant) => {
    expect(similar(word, candidates)[0]).toBe(meant);
    expect(didYouMean(word, candidates)).toMatch(new RegExp(`^Did you mean ${meant}`));
  });

  test('is not guessed where nothing is like it', () => {
    for (const word of ['', 'y', 'xyzzy', 'CET']) expect(similar(word, [...ZONES, ...IDS]), word).toEqual([]);
    expect(unknownId('notification', 'xyzzy', IDS).hint).toBe('List them with `slack-reports notifications list`.');
  });
});

test('an unknown id is answered with the nearest and where they are listed', () => {
  expect(unknownId('workspace', 'sandbx', ['default', 'sandbox'])).toMatchObject({
    code: 'unknown_workspace',
    message: 'There is no workspace "sandbx"',
    hint: 'Did you mean sandbox? List them with `slack-reports workspaces list`.',
    exitCode: 2,
  });
});
