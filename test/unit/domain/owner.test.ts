import { expect, test } from 'vitest';
import { isNotice, isOwner, noticeId, parseOwner } from '../../../src/domain/owner.ts';
import { changedNotification, parseNotification } from '../../../src/notifications/input.ts';
import { reportsWith } from '../../../src/reports/registry.ts';

const NOW = new Date('2026-11-23T08:00:00Z');
const ROW = {
  id: 'a',
  account: 'acme',
  report: 'http-health',
  params: { urls: ['https://a.example'] },
  on_demand: true,
};

test.each([
  ['C0OPS', undefined, 'C0OPS'],
  ['U0ANNA', undefined, 'U0ANNA'],
  ['ops/C0OPS', 'ops', 'C0OPS'],
  ['customers-eu/W012A3CDE', 'customers-eu', 'W012A3CDE'],
])('an owner is a channel or a person: %s', (text, workspaceId, channel) => {
  expect(isOwner(text)).toBe(true);
  expect(parseOwner(text)).toEqual({ workspaceId, channel });
});

test.each(['', '#ops', '@anna', 'ops', 'ops/', '/C0OPS', 'a/b/C0OPS', 'S0GROUP', 'C0OPS ', 'ops/c0ops'])(
  'no owner is "%s"',
  (text) => {
    expect(isOwner(text)).toBe(false);
    expect(() => parseOwner(text)).toThrow(/must be a channel or a person/);
  },
);

test('a notification has an owner, keeps it through a change of something else, and loses it', () => {
  const reports = reportsWith([]);
  const added = parseNotification({ ...ROW, channel: 'C0ACME', owner: 'ops/C0OPS' }, NOW, reports);
  expect(added.owner).toBe('ops/C0OPS');
  const stored = { ...added, createdAt: NOW.toISOString(), updatedAt: NOW.toISOString() };
  expect(changedNotification(stored, { channel: 'C0OTHER' }, NOW, reports).owner).toBe('ops/C0OPS');
  expect(changedNotification(stored, { owner: null }, NOW, reports).owner).toBeUndefined();
  expect(() => parseNotification({ ...ROW, channel: 'C0ACME', owner: '#ops' }, NOW, reports)).toThrow(
    /^owner: must be/,
  );
});

test('no notification has the report of a notice, nor its id', () => {
  const id = noticeId({ workspaceId: 'ops', channel: 'C0OPS' });
  expect(isNotice(id)).toBe(true);
  expect(() => parseNotification({ ...ROW, id, channel: 'C0ACME' }, NOW, reportsWith([]))).toThrow(/^id: must be/);
  const notice = { ...ROW, channel: 'C0ACME', report: 'owner-notice' };
  expect(() => parseNotification(notice, NOW, reportsWith([]))).toThrow(/no report "owner-notice"/);
});
