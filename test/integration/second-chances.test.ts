import { WORKFLOWS } from '../../src/contract/names.ts';
import { randomUUID } from 'node:crypto';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import type { Selection } from '../../src/domain/selection.ts';
import { followRun } from '../../src/runs/start.ts';
import type { dispatch } from '../../src/workflows/dispatch.ts';
import { type App, startApp } from '../support/app.ts';
import { NO_LIMITS } from '../support/sandbox.ts';
import { rider } from '../support/store.ts';
import { until } from '../support/until.ts';

const DAY_MS = 86_400_000;

let app: App;
let runs = 0;
const begun = Date.now() - 3_600_000;

beforeAll(async () => {
  app = await startApp({ limits: NO_LIMITS });
});
afterAll(() => app[Symbol.asyncDispose]());

/** Starts a run with an id and a nominal time of its own: two runs in one second would mean the same occurrence. */
async function start(selection: Selection) {
  runs += 1;
  return app.client.workflow.start<typeof dispatch>(WORKFLOWS.dispatch, {
    workflowId: `test/${randomUUID()}`,
    taskQueue: app.taskQueue,
    args: [{ selection, nominalTime: new Date(begun + runs * 1_000).toISOString() }],
  });
}

async function run(selection: Selection) {
  return followRun(await start(selection), () => {});
}

async function addTo(schedule: string, ids: string[], fields: Parameters<typeof rider>[2] = {}) {
  await app.store.notifications.add(ids.map((id) => rider(id, schedule, fields)));
}

async function deliveriesOf(notificationId: string) {
  return app.store.deliveries.list({ notificationId }, 100);
}

async function control(path: string, body: unknown): Promise<void> {
  const response = await fetch(`${app.sandbox.url}/_sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(await response.json()).toMatchObject({});
  expect(response.ok).toBe(true);
}

function messages(channel: string) {
  return app.sandbox.sandbox.oracle.report().messages.filter((message) => message.channel === channel);
}

/** What the channel shows, read as any Slack client would. */
async function textsIn(channel: string, token: string): Promise<string[]> {
  const url = `${app.sandbox.url}/api/conversations.history?channel=${channel}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const { messages: found } = (await answer.json()) as { messages: { text: string }[] };
  return found.map((message) => message.text);
}

/** A workspace of its own in the sandbox, with one channel. */
async function addWorkspace(name: string, channel: string) {
  const token = `xoxb-${name}`;
  const scopes = ['chat:write', 'channels:history', 'groups:history', 'channels:join'];
  await control('workspaces', {
    id: `T0${name.toUpperCase()}`,
    name,
    token,
    scopes,
    channels: [{ id: channel, name }],
  });
  process.env[`TOKEN_${name.toUpperCase()}`] = token;
  await app.store.workspaces.put({ id: name, name, tokenRef: `env:TOKEN_${name.toUpperCase()}` });
  return token;
}

/** Gives a workspace another token; the old one stays refused. */
async function rotate(name: string, token: string): Promise<void> {
  const scopes = ['chat:write', 'channels:history', 'channels:join'];
  const { store } = app.sandbox.sandbox;
  store.record({ type: 'token', token: { token, workspace: `T0${name.toUpperCase()}`, scopes, state: 'ok' } });
  process.env[`TOKEN_${name.toUpperCase()}`] = token;
}

describe('a channel that Slack refuses', () => {
  it('parks its notification, and resume posts the newest occurrence with the data of now, marked late', async () => {
    await addWorkspace('parkchannel', 'C0PARK1');
    await addTo('park', ['parked-one'], { workspaceId: 'parkchannel', channel: 'C0PARK1', channelName: '#park' });
    await control('channels/C0PARK1', { archived: true });

    expect(await run({ kind: 'due', schedule: 'park' })).toMatchObject({ due: 1, delivered: 0, parked: 1 });
    const [parked] = await deliveriesOf('parked-one');
    expect(parked).toMatchObject({ state: 'parked', error: { code: 'is_archived' }, attempts: 1 });
    expect(JSON.stringify(parked?.message)).toContain('3 events');

    // The next occurrence does not ask Slack.
    expect(await run({ kind: 'due', schedule: 'park' })).toMatchObject({ parked: 1 });
    expect((await deliveriesOf('parked-one')).map((row) => row.attempts)).toEqual(expect.arrayContaining([0, 1]));

    // The report covers whole days up to the last midnight.
    app.accounts.record('acme', { occurredAt: new Date(begun - DAY_MS), kind: 'sign_in', subject: 'Later' });
    await control('channels/C0PARK1', { archived: false });
    const selection = { kind: 'parked', owner: { kind: 'notification', id: 'parked-one' }, withinMs: DAY_MS } as const;
    expect(await run(selection)).toMatchObject({ due: 1, late: 1, missed: 1, delivered: 1 });
    expect(messages('C0PARK1')).toHaveLength(1);
    const posted = await textsIn('C0PARK1', 'xoxb-parkchannel');
    expect(posted).toEqual([expect.stringContaining('4 events')]);
    expect(await deliveriesOf('parked-one')).toMatchObject([
      { state: 'delivered', lateReason: 'it could not be posted earlier' },
      { state: 'missed', error: { code: 'newer_sent' } },
    ]);
    expect(await app.store.parking.list()).toEqual([]);
  });

  it('counts deliveries that were parked longer than the window as missed, by name', async () => {
    await addTo('stale', ['stale-one'], { channel: 'C0LEGACY', channelName: '#legacy-reports' });
    expect(await run({ kind: 'due', schedule: 'stale' })).toMatchObject({ parked: 1 });
    const selection = { kind: 'parked', owner: { kind: 'notification', id: 'stale-one' }, withinMs: 1 } as const;
    expect(await run(selection)).toMatchObject({ due: 0 });
    const [row] = await deliveriesOf('stale-one');
    expect(row).toMatchObject({ state: 'missed', error: { code: 'resumed_too_late' } });
    expect(row?.error?.message).toContain('is_archived');
  });
});

describe('a token that was revoked', () => {
  it('parks its workspace and no other, and resume sends everything once', async () => {
    const token = await addWorkspace('revoked', 'C0REVOKED');
    const ids = Array.from({ length: 8 }, (_, index) => `revoked-${index}`);
    await addTo('mixed', ids, { workspaceId: 'revoked', channel: 'C0REVOKED' });
    await addTo('mixed', ['healthy']);
    await control(`tokens/${token}`, { state: 'revoked' });

    expect(await run({ kind: 'due', schedule: 'mixed' })).toMatchObject({ due: 9, delivered: 1, parked: 8 });
    expect(await app.store.parking.list()).toMatchObject([{ kind: 'workspace', id: 'revoked', code: 'token_revoked' }]);

    await control(`tokens/${token}`, { state: 'ok' });
    const selection = { kind: 'parked', owner: { kind: 'workspace', id: 'revoked' }, withinMs: DAY_MS } as const;
    expect(await run(selection)).toMatchObject({ due: 8, delivered: 8 });
    expect(messages('C0REVOKED')).toHaveLength(8);
    expect(new Set(messages('C0REVOKED').map((message) => message.deliveryId)).size).toBe(8);
  });

  it.each([
    ['another token is there', 'rotated', () => rotate('rotated', 'xoxb-rotated-2')],
    ['Slack takes the same token again', 'relented', (token: string) => control(`tokens/${token}`, { state: 'ok' })],
  ])('is released without a person when %s, and its parked deliveries are sent', async (_, name, fix) => {
    const channel = `C0${name.toUpperCase()}`;
    const token = await addWorkspace(name, channel);
    await addTo(name, [`${name}-one`], { workspaceId: name, channel });
    await control(`tokens/${token}`, { state: 'revoked' });
    expect(await run({ kind: 'due', schedule: name })).toMatchObject({ due: 1, parked: 1 });
    const [parked] = await app.store.workspaces.parked(name);
    expect(parked?.tokenHash).toMatch(/^[0-9a-f]{16}$/);

    await fix(token);
    expect(await run({ kind: 'due', schedule: name })).toMatchObject({ due: 1 });
    await until('both messages', () => messages(channel).length >= 2);
    await until('the ledger to know', async () =>
      (await deliveriesOf(`${name}-one`)).every(({ state }) => state === 'delivered'),
    );
    expect(new Set(messages(channel).map((message) => message.deliveryId)).size).toBe(2);
    expect(messages(channel)).toHaveLength(2);
    expect(await app.store.workspaces.parked(name)).toEqual([]);
  });

  it('parks the workspace when the worker has no token at all', async () => {
    await app.store.workspaces.put({ id: 'tokenless', name: 'Tokenless', tokenRef: 'env:NO_SUCH_TOKEN' });
    await addTo('tokenless', ['tokenless-one'], { workspaceId: 'tokenless' });
    expect(await run({ kind: 'due', schedule: 'tokenless' })).toMatchObject({ parked: 1 });
    expect(await deliveriesOf('tokenless-one')).toMatchObject([{ state: 'parked', error: { code: 'token_missing' } }]);
  });
});

describe('a failed delivery', () => {
  it('is driven again by redrive, and what was delivered is left alone', async () => {
    await addTo('redrive', ['redrive-good']);
    await addTo('redrive', ['redrive-bad'], { account: 'not-yet-known', channel: 'C0BLUEBIRD' });
    const failed = await start({ kind: 'due', schedule: 'redrive' });
    expect(await failed.result()).toMatchObject({ delivered: 1, failed: 1 });
    expect(await deliveriesOf('redrive-bad')).toMatchObject([
      { state: 'failed', error: { code: 'report_impossible' } },
    ]);
    const before = messages('C0ACME').length;

    app.accounts.add('not-yet-known', 'New customer');
    const yesterday = new Date(Date.now() - 86_400_000);
    app.accounts.record('not-yet-known', { occurredAt: yesterday, kind: 'sign_in', subject: 'First' });
    expect(await run({ kind: 'failed', which: { dispatchId: failed.workflowId } })).toMatchObject({
      due: 1,
      delivered: 1,
    });
    expect(messages('C0BLUEBIRD')).toHaveLength(1);
    expect(messages('C0ACME')).toHaveLength(before);
    expect(await run({ kind: 'failed', which: { dispatchId: failed.workflowId } })).toMatchObject({ due: 0 });
  });

  it('arrives as plain text when Slack refuses its blocks, and the ledger keeps the pointer to the bad block', async () => {
    await addTo('degraded', ['degraded-one'], { channel: 'C0CEDAR' });
    const errors = ['must be less than 3001 characters [json-pointer:/blocks/0/text/text]'];
    const refusal = { type: 'error', error: 'invalid_blocks', errors };
    await control('faults', { method: 'chat.postMessage', channel: 'C0CEDAR', nth: 1, action: refusal });
    expect(await run({ kind: 'due', schedule: 'degraded' })).toMatchObject({ delivered: 1 });
    expect(messages('C0CEDAR')).toHaveLength(1);
    const [row] = await deliveriesOf('degraded-one');
    expect(row).toMatchObject({ state: 'delivered', error: { code: 'invalid_blocks' } });
    expect(row?.error?.message).toContain('/blocks/0/text/text');
  });

  it('fails with the pointer to the bad block when Slack refuses the plain text too', async () => {
    await addTo('refused', ['refused-one'], { channel: 'C0DOCKSIDE' });
    const errors = ['unsupported type: nonsense [json-pointer:/blocks/2/type]'];
    const refusal = { type: 'error', error: 'invalid_blocks', errors };
    await control('faults', { method: 'chat.postMessage', channel: 'C0DOCKSIDE', action: refusal });
    expect(await run({ kind: 'due', schedule: 'refused' })).toMatchObject({ failed: 1 });
    expect(messages('C0DOCKSIDE')).toHaveLength(0);
    const [row] = await deliveriesOf('refused-one');
    expect(row?.error?.message).toContain('/blocks/2/type');
  });
});

/** Reports of which Slack took the message (`after`) or did not (`before`), whose channel the bot may not read. */
async function addUnconfirmed(name: string, channel: string, lost: Record<string, 'after' | 'before'>) {
  const token = await addWorkspace(name, channel);
  await control(`tokens/${token}`, { scopes: ['chat:write'] });
  for (const [id, when] of Object.entries(lost)) {
    await addTo(id, [id], { workspaceId: name, channel });
    await control('faults', { method: 'chat.postMessage', channel, when, times: 1, action: { type: 'drop' } });
    expect(await run({ kind: 'due', schedule: id })).toMatchObject({ due: 1, unconfirmed: 1 });
  }
  const mayRead = () => control(`tokens/${token}`, { scopes: ['chat:write', 'channels:history'] });
  return { mayRead };
}

async function stateOf(notificationId: string) {
  return (await deliveriesOf(notificationId))[0]?.state;
}

describe('an unconfirmed delivery', () => {
  it('is looked up again by a later run of any schedule: delivered where it is there, failed where it is not', async () => {
    const lost = { 'later-there': 'after', 'later-absent': 'before' } as const;
    const { mayRead } = await addUnconfirmed('later', 'C0LATER', lost);
    await mayRead();
    const lookAgain = async () => {
      const all = app.store.db.updateTable('deliveries').where('channel', '=', 'C0LATER');
      const due = all.where('recheck_at', 'is not', null).set({ recheck_at: new Date().toISOString() });
      await due.execute();
      await run({ kind: 'due', schedule: null });
    };
    await lookAgain();
    const [there] = await deliveriesOf('later-there');
    const [message] = messages('C0LATER');
    expect(there).toMatchObject({ state: 'delivered', messageTs: message?.ts, error: undefined });
    expect(await stateOf('later-absent'), 'absence is seen twice').toBe('unconfirmed');
    await until('the second look', async () => {
      await lookAgain();
      return (await stateOf('later-absent')) === 'failed';
    });
    expect(await deliveriesOf('later-absent')).toMatchObject([{ error: { code: 'not_in_history' } }]);
    expect(messages('C0LATER')).toHaveLength(1);

    expect(await run({ kind: 'failed', which: { errorCode: 'not_in_history' } })).toMatchObject({ delivered: 1 });
    expect(messages('C0LATER')).toHaveLength(2);
  });

  it('is sent again only where it is not in its channel', async () => {
    const lost = { 'resent-there': 'after', 'resent-absent': 'before' } as const;
    const { mayRead } = await addUnconfirmed('resent', 'C0RESENT', lost);
    await mayRead();
    // Claimed in time, and sent again an hour later.
    await app.store.db.updateTable('deliveries').set({ late_reason: null }).where('channel', '=', 'C0RESENT').execute();
    const selection = { kind: 'unconfirmed', which: { workspaceId: 'resent' } } as const;
    expect(await run(selection)).toMatchObject({ due: 2, delivered: 2 });
    const rows = [...(await deliveriesOf('resent-there')), ...(await deliveriesOf('resent-absent'))];
    expect(rows.map(({ state, attempts, lateReason }) => [state, attempts, lateReason])).toEqual([
      ['delivered', 1, undefined],
      ['delivered', 2, 'it could not be confirmed at first'],
    ]);
    expect(messages('C0RESENT').map(({ deliveryId }) => deliveryId)).toEqual(rows.map(({ id }) => id));
    expect(await run(selection)).toMatchObject({ due: 0 });
  });

  it('is sent again on the word of a person where its channel cannot be read', async () => {
    await addUnconfirmed('vouched', 'C0VOUCHED', { 'vouched-one': 'before', 'vouched-other': 'before' });
    const [row, other] = [...(await deliveriesOf('vouched-one')), ...(await deliveriesOf('vouched-other'))];
    expect(await run({ kind: 'unconfirmed', which: { ids: [row?.id ?? ''] } })).toMatchObject({ due: 1, delivered: 1 });
    expect(messages('C0VOUCHED').map(({ deliveryId }) => deliveryId)).toEqual([row?.id]);
    const [sent] = await deliveriesOf('vouched-one');
    expect(sent?.log.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^The channel cannot be read \(.*\), and a person says that it is not there$/),
    );
    expect(await app.store.ledger.find(other?.id ?? '')).toEqual(other);
  });
});

describe('resend', () => {
  it('posts a second message under an id of its own and leaves the first delivery as it was', async () => {
    await addTo('again', ['again-one'], { channel: 'C0EVERLINE' });
    await run({ kind: 'due', schedule: 'again' });
    const [first] = await deliveriesOf('again-one');
    const occurrence = first?.occurrence ?? '';
    expect(await run({ kind: 'delivery', notificationId: 'again-one', occurrence })).toMatchObject({
      due: 1,
      delivered: 1,
    });
    const ids = messages('C0EVERLINE').map((message) => message.deliveryId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
    expect(await app.store.ledger.find(first?.id ?? '')).toEqual(first);
  });
});

describe('cancel', () => {
  it('finishes what is being posted, posts nothing more, and every row says which', async () => {
    const ids = Array.from({ length: 150 }, (_, index) => `cancel-${index}`);
    await addTo('cancel', ids, { channel: 'C0FERNHILL' });
    await control('faults', { method: 'chat.postMessage', channel: 'C0FERNHILL', action: { type: 'delay', ms: 300 } });
    const handle = await start({ kind: 'due', schedule: 'cancel' });
    await until('the first message', () => messages('C0FERNHILL').length > 0);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();

    const counts = await app.store.deliveries.countByState({ dispatchId: handle.workflowId });
    expect(Object.keys(counts).toSorted()).toEqual(['cancelled', 'delivered']);
    expect((counts.cancelled ?? 0) + (counts.delivered ?? 0)).toBe(150);
    expect(messages('C0FERNHILL')).toHaveLength(counts.delivered ?? 0);
  });
});

describe('what a terminated run left behind', () => {
  it('is delivered by a later tick, once', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => `orphan-${index}`);
    await addTo('orphans', ids, { channel: 'C0GRANITE' });
    await control('faults', { method: 'chat.postMessage', channel: 'C0GRANITE', action: { type: 'delay', ms: 200 } });
    const handle = await start({ kind: 'due', schedule: 'orphans' });
    await until('the first message', () => messages('C0GRANITE').length > 0);
    await handle.terminate('test');
    const longAgo = new Date(Date.now() - 3_600_000).toISOString();
    const mine = app.store.db.updateTable('deliveries').where('dispatch_id', '=', handle.workflowId);
    await mine.set({ claimed_at: longAgo, not_before: longAgo }).execute();

    await run({ kind: 'due', schedule: null });
    const counts = await app.store.deliveries.countByState({ channel: 'C0GRANITE' });
    expect(counts).toEqual({ delivered: 60 });
    const posted = messages('C0GRANITE').map((message) => message.deliveryId);
    expect(posted).toHaveLength(60);
    expect(new Set(posted).size).toBe(60);
  });
});
