import { describe, expect, test } from 'vitest';
import { compare, type Due, type LedgerRow } from '../../chaos/compare.ts';

const due: Due = {
  id: 'd1',
  notificationId: 'n1',
  occurrence: '2026-11-23T08:00:00Z',
  mayEnd: [['failed', 'refused']],
};
const row: LedgerRow = {
  id: 'd1',
  notificationId: 'n1',
  occurrence: due.occurrence,
  channel: 'C1',
  state: 'delivered',
  messageTs: '1.000001',
  error: undefined,
  log: [],
};
const message = { deliveryId: 'd1', workspace: 'T1', channel: 'C1', ts: '1.000001', at: 1_000, hidden: false };

function kindsOf(world: { due?: Due[]; rows?: LedgerRow[]; messages?: (typeof message)[] }): string[] {
  const { due: wanted = [due], rows = [row], messages = [message] } = world;
  return compare({ due: wanted, rows, messages }).map(({ kind }) => kind);
}

function ended(state: LedgerRow['state'], code: string): LedgerRow {
  return { ...row, state, messageTs: undefined, error: { code, message: code } };
}

test('nothing is found where the ledger and Slack agree', () => {
  expect(kindsOf({})).toEqual([]);
  expect(kindsOf({ rows: [ended('failed', 'refused')], messages: [] })).toEqual([]);
});

describe('lost is', () => {
  test('an occurrence that was due and is not in the ledger', () => {
    expect(kindsOf({ rows: [], messages: [] })).toEqual(['lost']);
  });

  test('a delivered one that Slack does not have, or hides', () => {
    expect(kindsOf({ messages: [] })).toEqual(['lost']);
    expect(kindsOf({ messages: [{ ...message, hidden: true }] })).toEqual(['hidden', 'lost']);
  });

  test.each(['pending', 'posting'] as const)('one at rest as %s', (state) => {
    expect(kindsOf({ rows: [ended(state, 'any')], messages: [] })).toEqual(['lost']);
  });
});

test('doubled is an occurrence with two messages, whatever the ledger says', () => {
  const twice = [message, { ...message, ts: '2.000001' }];
  expect(kindsOf({ messages: twice })).toEqual(['doubled']);
  expect(kindsOf({ rows: [], messages: twice })).toEqual(['doubled', 'lost']);
  expect(kindsOf({ due: [], rows: [], messages: twice })).toEqual(['doubled', 'stray']);
});

describe('a wrong state is', () => {
  test.each(['failed', 'parked', 'cancelled', 'missed'] as const)('%s for a message that Slack accepted', (state) => {
    expect(kindsOf({ rows: [ended(state, 'refused')] })).toEqual(['wrong_state']);
  });

  test('the time stamp of another message, or another channel', () => {
    expect(kindsOf({ messages: [{ ...message, ts: '2.000001' }] })).toEqual(['wrong_state']);
    expect(kindsOf({ messages: [{ ...message, channel: 'C2' }] })).toEqual(['wrong_state']);
  });
});

test('unexplained is an end that nothing accounts for, by its state and its code', () => {
  expect(kindsOf({ rows: [ended('failed', 'other')], messages: [] })).toEqual(['unexplained']);
  expect(kindsOf({ rows: [ended('parked', 'refused')], messages: [] })).toEqual(['unexplained']);
  expect(kindsOf({ rows: [ended('unconfirmed', 'timeout')] })).toEqual(['unexplained']);
});

test('unconfirmed is true whether or not Slack has the message', () => {
  const may: Due = { ...due, mayEnd: [['unconfirmed', 'missing_scope']] };
  const rows = [ended('unconfirmed', 'missing_scope')];
  expect(kindsOf({ due: [may], rows })).toEqual([]);
  expect(kindsOf({ due: [may], rows, messages: [] })).toEqual([]);
});

test('stray is a row or a message that was not asked for', () => {
  expect(kindsOf({ due: [] })).toEqual(['stray']);
  expect(kindsOf({ due: [], rows: [] })).toEqual(['stray']);
});

test('what was called off before it was claimed need not be in the ledger, and must not be in Slack', () => {
  const optional = [{ ...due, optional: true }];
  expect(kindsOf({ due: optional, rows: [], messages: [] })).toEqual([]);
  expect(kindsOf({ due: optional, rows: [] })).toEqual(['lost']);
});
