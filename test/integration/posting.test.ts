import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { FaultAction } from 'slack-sandbox';
import { type App, startApp } from '../support/app.ts';
import { NO_LIMITS } from '../support/sandbox.ts';
import { rider } from '../support/store.ts';

/** A fault for the first message to each of these channels, and what is to be seen of it. */
interface Case {
  channel: string;
  action: FaultAction;
  when: 'before' | 'after';
  attempts: number;
}

function strike(app: App, { channel, action, when }: Case): void {
  app.sandbox.sandbox.faults.add({ method: 'chat.postMessage', channel, when, action, times: 1 });
}

/** One rider to each channel, sent by one run. */
async function post(app: App, channels: string[], fields: object = {}) {
  const schedule = randomUUID();
  await app.store.notifications.add(channels.map((channel) => rider(randomUUID(), schedule, { channel, ...fields })));
  const result = await app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
  const deliveries = await app.store.deliveries.list({}, 100);
  const { attempts, counts, messages, duplicates } = app.oracle();
  expect(duplicates).toEqual([]);
  const outcomes = deliveries.map((delivery) => ({
    channel: delivery.channel,
    state: delivery.state,
    code: delivery.error?.code,
    ts: delivery.messageTs,
    trueTs: messages.find((message) => message.deliveryId === delivery.id)?.ts,
    calls: attempts[delivery.id] ?? [],
    messages: counts[delivery.id] ?? 0,
    explanation: delivery.error?.message,
  }));
  return { result, outcomes, byChannel: new Map(outcomes.map((outcome) => [outcome.channel, outcome])) };
}

describe('an answer that was lost', () => {
  const LOST: FaultAction[] = [
    { type: 'drop' },
    { type: 'status', status: 500 },
    { type: 'truncate' },
    { type: 'html' },
    { type: 'error', error: 'internal_error' },
  ];
  const CHANNELS = ['C0ACME', 'C0BLUEBIRD', 'C0CEDAR', 'C0DOCKSIDE', 'C0EVERLINE'];
  const OTHERS = ['C0FERNHILL', 'C0GRANITE', 'C0HARBOR', 'C0IRONWOOD', 'C0JUNIPER'];

  test('is looked up in the channel: posted once where Slack had taken it, and once where it had not', async () => {
    await using app = await startApp();
    const cases: Case[] = [
      ...LOST.map((action, index) => ({ channel: CHANNELS[index] ?? '', action, when: 'after' as const, attempts: 1 })),
      ...LOST.map((action, index) => ({ channel: OTHERS[index] ?? '', action, when: 'before' as const, attempts: 2 })),
    ];
    for (const one of cases) strike(app, one);
    const { result, byChannel } = await post(app, [...CHANNELS, ...OTHERS]);
    expect(result).toMatchObject({ due: 10, delivered: 10 });
    for (const { channel, action, when, attempts } of cases) {
      const outcome = byChannel.get(channel);
      const what = `${action.type} ${when}`;
      expect(outcome, what).toMatchObject({ state: 'delivered', code: undefined, messages: 1 });
      expect(outcome?.ts, what).toBe(outcome?.trueTs);
      expect(outcome?.calls, what).toHaveLength(attempts);
    }
  });

  test('is looked up a second time, because a channel shows a message late', async () => {
    await using app = await startApp({ limits: { historyLagMs: 1_300 } });
    strike(app, { channel: 'C0ACME', action: { type: 'drop' }, when: 'after', attempts: 1 });
    const { byChannel } = await post(app, ['C0ACME']);
    expect(byChannel.get('C0ACME')).toMatchObject({ state: 'delivered', messages: 1 });
    expect(byChannel.get('C0ACME')?.calls).toHaveLength(1);
  });

  test('is looked up page by page where Slack lets a channel be read rarely, 15 messages at a time', async () => {
    // A minute of Slack's lasts a second here.
    const methods = { 'conversations.history': { perMinute: 60, burst: 1 } };
    await using app = await startApp({ limits: { ...NO_LIMITS, historyPageMax: 15, methods } });
    const { sandbox } = app.sandbox;
    for (let nr = 0; nr < 40; nr += 1) {
      const at = Date.now();
      const message = { workspace: 'T0SANDBOX', channel: 'C0ACME', text: `Message ${nr}`, hidden: false, at };
      sandbox.store.record({ type: 'message', message: { ...message, ts: sandbox.store.nextTs('C0ACME', at) } });
    }
    strike(app, { channel: 'C0ACME', action: { type: 'drop' }, when: 'before', attempts: 2 });
    const look = { method: 'conversations.history', action: { type: 'delay', ms: 0 } } as const;
    const [calls, pages] = (['before', 'after'] as const).map((when) => sandbox.faults.add({ ...look, when }));
    const { byChannel } = await post(app, ['C0ACME']);
    expect(byChannel.get('C0ACME')).toMatchObject({ state: 'delivered', messages: 1 });
    expect(byChannel.get('C0ACME')?.calls).toHaveLength(2);
    expect(pages?.calls, 'two looks of three pages').toBe(6);
    expect(calls?.calls, 'with one refusal a page at most').toBeLessThanOrEqual(12);
  });

  test('is not guessed if the channel cannot be read: it ends as unconfirmed, and is never posted again', async () => {
    await using app = await startApp();
    const { store } = app.sandbox.sandbox;
    const token = store.tokens.get(app.sandbox.token);
    if (token === undefined) throw new Error('the sandbox has no token');
    store.record({ type: 'token', token: { ...token, scopes: ['chat:write'] } });
    for (const when of ['after', 'before'] as const) {
      const channel = when === 'after' ? 'C0ACME' : 'C0OPS';
      strike(app, { channel, action: { type: 'drop' }, when, attempts: 1 });
    }
    const { result, byChannel } = await post(app, ['C0ACME', 'C0OPS']);
    expect(result).toMatchObject({ due: 2, delivered: 0, unconfirmed: 2 });
    expect(byChannel.get('C0ACME')).toMatchObject({ state: 'unconfirmed', messages: 1, code: 'missing_scope' });
    expect(byChannel.get('C0OPS')).toMatchObject({ state: 'unconfirmed', messages: 0 });
    expect(byChannel.get('C0ACME')?.explanation).toContain('the token needs the scope channels:history');
    expect(byChannel.get('C0ACME')?.explanation).toContain('It may have been posted (UND_ERR_SOCKET:');
    for (const { calls } of byChannel.values()) expect(calls).toHaveLength(1);
  });
});

describe('a rate limit', () => {
  test('is kept: nothing is tried before the time that Slack named', async () => {
    await using app = await startApp();
    strike(app, { channel: 'C0ACME', action: { type: 'rate_limit', retryAfter: 3 }, when: 'before', attempts: 2 });
    const { byChannel } = await post(app, ['C0ACME', 'C0OPS']);
    const [first = 0, second = 0, ...more] = byChannel.get('C0ACME')?.calls ?? [];
    expect(more).toEqual([]);
    expect(second - first).toBeGreaterThanOrEqual(3_000);
    expect(byChannel.get('C0ACME')).toMatchObject({ state: 'delivered', messages: 1 });
    expect(byChannel.get('C0OPS')?.calls, 'another channel does not wait').toHaveLength(1);
  });

  test('of a channel that gets more than it takes is worked off, without a loss or a double', async () => {
    await using app = await startApp({ limits: { channel: { perMinute: 120, burst: 1 } } });
    const { result } = await post(app, ['C0ACME', 'C0ACME', 'C0ACME', 'C0ACME']);
    expect(result).toMatchObject({ due: 4, delivered: 4 });
  });
});

describe('what Slack refuses', () => {
  test('a public channel that the bot is not in is joined', async () => {
    await using app = await startApp();
    const { byChannel } = await post(app, ['C0NEWS']);
    expect(byChannel.get('C0NEWS')).toMatchObject({ state: 'delivered', messages: 1 });
    expect(app.sandbox.sandbox.store.channels.get('C0NEWS')?.member).toBe(true);
  });

  test('a private channel without the bot, and one that is archived, wait for a person, and hold up no other', async () => {
    await using app = await startApp();
    const { result, byChannel } = await post(app, ['C0BOARD', 'C0LEGACY', 'C0ACME']);
    expect(result).toMatchObject({ due: 3, delivered: 1, parked: 2 });
    expect(byChannel.get('C0BOARD')).toMatchObject({ state: 'parked', code: 'channel_not_found', messages: 0 });
    expect(byChannel.get('C0LEGACY')).toMatchObject({ state: 'parked', code: 'is_archived', messages: 0 });
    expect(byChannel.get('C0LEGACY')?.calls).toHaveLength(1);
  });

  test('a channel that Slack refuses for an unknown reason is not posted to blindly again', async () => {
    await using app = await startApp();
    const action: FaultAction = { type: 'error', error: 'brand_new_error' };
    strike(app, { channel: 'C0ACME', action, when: 'before', attempts: 2 });
    const { byChannel } = await post(app, ['C0ACME']);
    expect(byChannel.get('C0ACME')).toMatchObject({ state: 'delivered', messages: 1 });
    expect(byChannel.get('C0ACME')?.calls).toHaveLength(2);
  });

  test('an unknown code three times, with nothing in the channel, fails with that code; a differing one does not', async () => {
    await using app = await startApp();
    const unknown: FaultAction = { type: 'error', error: 'brand_new_error' };
    for (let times = 0; times < 3; times += 1) {
      strike(app, { channel: 'C0ACME', action: unknown, when: 'before', attempts: 3 });
      const action: FaultAction = times === 1 ? { type: 'error', error: 'internal_error' } : unknown;
      strike(app, { channel: 'C0OPS', action, when: 'before', attempts: 4 });
    }
    const { result, byChannel } = await post(app, ['C0ACME', 'C0OPS']);
    expect(result).toMatchObject({ delivered: 1, failed: 1, reasons: { 'failed: brand_new_error': 1 } });
    expect(byChannel.get('C0ACME')).toMatchObject({ state: 'failed', code: 'brand_new_error', messages: 0 });
    expect(byChannel.get('C0ACME')?.calls).toHaveLength(3);
    expect(byChannel.get('C0OPS')).toMatchObject({ state: 'delivered', messages: 1 });
    const rows = await app.store.deliveries.list({ channel: 'C0OPS' }, 1);
    const doubts = rows[0]?.log.filter(({ doubt }) => doubt !== undefined).map(({ code, doubt }) => [code, doubt]);
    expect(doubts).toEqual([
      ['brand_new_error', 'unknown_code'],
      ['internal_error', 'answer_lost'],
      ['brand_new_error', 'unknown_code'],
    ]);
  });

  test.each(['no_permission', 'access_denied', 'team_access_not_granted', 'invalid_auth'])(
    '%s parks the one notification while auth.test accepts the token, and its workspace goes on',
    async (error) => {
      await using app = await startApp();
      strike(app, { channel: 'C0ACME', action: { type: 'error', error }, when: 'before', attempts: 1 });
      const { result, byChannel } = await post(app, ['C0ACME', 'C0OPS']);
      expect(result).toMatchObject({ delivered: 1, parked: 1 });
      expect(byChannel.get('C0ACME')).toMatchObject({ state: 'parked', code: error });
      expect(await app.store.parking.list()).toMatchObject([{ kind: 'notification', code: error }]);
    },
  );

  test('blocks that Slack does not take are left out, and the text says so', async () => {
    await using app = await startApp();
    const action: FaultAction = { type: 'error', error: 'invalid_blocks', errors: ['no [json-pointer:/blocks/0]'] };
    strike(app, { channel: 'C0ACME', action, when: 'before', attempts: 2 });
    const { byChannel } = await post(app, ['C0ACME']);
    expect(byChannel.get('C0ACME')).toMatchObject({ state: 'delivered', messages: 1, code: 'invalid_blocks' });
    const [message] = app.sandbox.sandbox.store.allMessages();
    expect(message?.text).toContain('The full report could not be shown: invalid_blocks');
    expect(message?.blocks).toBeUndefined();
  });

  test.each([
    ['that Slack does not know', { MY_TOKEN: 'xoxb-unknown-secret' }, 'invalid_auth'],
    ['that is not there', {}, 'token_missing'],
  ])('a token %s parks its workspace, is shown to no one, and holds up no other', async (_, env, code) => {
    await using app = await startApp({ env });
    await app.store.workspaces.put({ id: 'broken', name: 'Broken', tokenRef: 'env:MY_TOKEN' });
    const schedule = randomUUID();
    await app.store.notifications.add([rider(randomUUID(), schedule)]);
    const broken = Array.from({ length: 3 }, () => rider(randomUUID(), schedule, { workspaceId: 'broken' }));
    await app.store.notifications.add(broken);
    const result = await app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
    expect(result).toMatchObject({ due: 4, delivered: 1, parked: 3 });
    expect(await app.store.parking.list()).toMatchObject([{ kind: 'workspace', id: 'broken', code }]);
    expect(JSON.stringify([await app.store.deliveries.list({}, 10), result])).not.toContain('secret');
  });
});

test('a report that cannot be made fails before Slack is asked, and says why', async () => {
  await using app = await startApp();
  const schedule = randomUUID();
  await app.store.notifications.add([
    rider(randomUUID(), schedule, { account: 'unknown' }),
    rider(randomUUID(), schedule, { params: { days: 'seven' } }),
  ]);
  const result = await app.run({ selection: { kind: 'due', schedule }, nominalTime: new Date().toISOString() });
  expect(result).toMatchObject({ due: 2, failed: 2 });
  expect(result.failures.map(({ code }) => code).toSorted()).toEqual(['invalid_parameters', 'report_impossible']);
  expect(app.oracle().attempts).toEqual({});
});
