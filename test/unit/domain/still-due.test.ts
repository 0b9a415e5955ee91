import { expect, test } from 'vitest';
import type { Delivery, ReportPost, ThreadPost } from '../../../src/domain/delivery.ts';
import { type CurrentNotification, stillDue, type Subject } from '../../../src/domain/still-due.ts';

const DUE_AT = '2026-11-23T08:00:00.000Z';
const at = (time: string) => new Date(`2026-11-23T${time}Z`);

const SUBJECT: Subject = {
  name: 'Weekly',
  account: 'acme',
  report: 'told',
  params: { month: '10' },
  workspaceId: 'default',
  channel: 'C0ACME',
  channelName: '#acme',
};

const DELIVERY: ReportPost = {
  kind: 'report',
  id: '1',
  notificationId: 'acme',
  occurrence: '2026-11-23T08:00:00Z',
  ...SUBJECT,
  dispatchId: 'run',
  dueAt: DUE_AT,
  notBefore: DUE_AT,
  postUntil: '2026-11-23T09:00:00.000Z',
  byHand: false,
  placeAt: undefined,
  claimedAt: DUE_AT,
  lateReason: undefined,
  state: 'pending',
  attempts: 0,
  postingAt: undefined,
  absentAt: undefined,
  finishedAt: undefined,
  messageTs: undefined,
  error: undefined,
  message: undefined,
  renderedAt: undefined,
  files: 0,
  threadPosts: 0,
  threadPostsOpen: 0,
  log: [],
};

const NOTIFICATION: CurrentNotification = {
  version: '1',
  enabled: true,
  pause: undefined,
  due: { kind: 'schedule', scheduleId: 's', afterOutage: 'newest' },
  locale: undefined,
  subject: SUBJECT,
};

const MESSAGE = { text: 'hello', blocks: [] };
const judge = (
  delivery: Partial<ReportPost>,
  notification: Partial<CurrentNotification> | undefined,
  time = '08:00:10',
) => stillDue({ ...DELIVERY, ...delivery }, notification && { ...NOTIFICATION, ...notification }, at(time));

test.each<[string, Partial<ReportPost>, Partial<CurrentNotification> | undefined, string, object]>([
  ['as it was claimed', {}, {}, '08:00:10', { kind: 'post' }],
  ['at the end of its catch-up window', {}, {}, '09:00:00', { kind: 'post' }],
  ['after its catch-up window', {}, {}, '09:00:01', { kind: 'missed', why: { code: 'too_late' } }],
  ['without a catch-up window', { postUntil: undefined }, {}, '23:00:00', { kind: 'post' }],
  [
    'in a pause',
    {},
    { pause: { from: '2026-11-23T08:00:05Z' } },
    '08:00:10',
    { kind: 'skipped', why: { code: 'paused' } },
  ],
  [
    'after a pause',
    {},
    { pause: { from: '2026-11-23T08:00:05Z', until: '2026-11-23T08:00:07Z' } },
    '08:00:10',
    { kind: 'post' },
  ],
  ['by hand, in a pause from before', { byHand: true }, { pause: { from: DUE_AT } }, '08:00:10', { kind: 'post' }],
  [
    'by hand, in a pause from after',
    { byHand: true },
    { pause: { from: '2026-11-23T08:00:05.000Z' } },
    '08:00:10',
    { kind: 'skipped' },
  ],
  ['removed', {}, undefined, '08:00:10', { kind: 'skipped', why: { code: 'removed' } }],
  ['a notice to an owner', { notificationId: '@owner:w:C1' }, undefined, '08:00:10', { kind: 'post' }],
  ['disabled', {}, { enabled: false }, '08:00:10', { kind: 'skipped', why: { code: 'disabled' } }],
  [
    'removed, but sent again',
    { occurrence: '2026-11-23T08:00:00Z~2026-11-23T08:00:01Z' },
    undefined,
    '08:00:10',
    { kind: 'post' },
  ],
  ['removed, and a key with a tilde', { occurrence: 'key:a~b' }, undefined, '08:00:10', { kind: 'skipped' }],
  [
    'a test of what is removed',
    { occurrence: 'test:C0:2026-11-23T08:00:00Z' },
    undefined,
    '08:00:10',
    { kind: 'post' },
  ],
])('a delivery %s', (_, delivery, notification, time, verdict) => {
  expect(judge(delivery, notification, time)).toMatchObject(verdict);
});

const elsewhere = { subject: { ...SUBJECT, channel: 'C0NEW', params: { month: '11' } } };

test('a changed notification is followed, and a test is not', () => {
  expect(judge({}, elsewhere)).toMatchObject({ kind: 'outdated', subject: elsewhere.subject });
  expect(judge({ occurrence: 'test:C0:2026-11-23T08:00:00Z' }, elsewhere)).toEqual({ kind: 'post' });
  const renamed = { subject: { ...SUBJECT, name: 'Other', channelName: '#other' } };
  expect(judge({}, renamed), 'names are for people').toEqual({ kind: 'post' });
  expect(judge({}, { subject: undefined }), 'what cannot be read').toEqual({ kind: 'post' });
});

test('of a source only the channel is followed, since it gave the parameters for this occurrence', () => {
  const due = { kind: 'source', source: 'customers' } as const;
  const verdict = judge({}, { ...elsewhere, due });
  expect(verdict).toMatchObject({ kind: 'outdated', subject: { channel: 'C0NEW', params: { month: '10' } } });
  expect(judge({ occurrence: 'key:invoice-1' }, { ...elsewhere, due })).toEqual({ kind: 'post' });
});

test.each([
  ['of just now', '08:00:00', '08:01:59', 'post'],
  ['that is minutes old', '08:00:00', '08:02:01', 'outdated'],
  ['made in time, and late now', '08:04:30', '08:05:01', 'outdated'],
])('a message %s', (_, made, now, kind) => {
  const renderedAt = at(made).toISOString();
  expect(judge({ message: MESSAGE, renderedAt }, {}, now)).toMatchObject({ kind });
});

test('a message that Slack may have stays as it is, and so does one whose files were uploaded for it', () => {
  expect(judge({ message: MESSAGE }, elsewhere, '08:59:00')).toEqual({ kind: 'post' });
  expect(judge({ message: MESSAGE }, undefined), 'but it may be called off').toMatchObject({ kind: 'skipped' });
  const withFiles: Delivery = { ...DELIVERY, message: MESSAGE, renderedAt: DUE_AT };
  expect(stillDue(withFiles, NOTIFICATION, at('08:04:00'), { afterUpload: true })).toEqual({ kind: 'post' });
});

test('a thread goes with its report', () => {
  const { threadPosts: _, threadPostsOpen: __, ...fields } = DELIVERY;
  const post: ThreadPost = { ...fields, kind: 'thread_post', reportId: '1', threadNr: 1 };
  expect(stillDue(post, undefined, at('23:00:00'))).toEqual({ kind: 'post' });
});
