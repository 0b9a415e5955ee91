import { describe, expect, test } from 'vitest';
import { type ChannelHistory, channelHistory, type Sighting, type Wanted } from '../../../src/slack/history.ts';
import { clientOf, sandboxFor } from '../../sandbox/support.ts';

const MINUTE_MS = 60_000;
const SETTLE_MS = 45_000;
const START = Date.parse('2026-11-23T08:00:00Z');

interface SlackOptions {
  /** As for an app that is distributed outside the Marketplace: 15 messages, once a minute. */
  isLimited?: boolean;
}

/** A Slack and the history of its channels as a worker reads it, both by a clock of the test's own. */
async function startSlack({ isLimited = false }: SlackOptions = {}) {
  let clock = START;
  const now = () => clock;
  const methods = Object.fromEntries(
    ['conversations.history', 'conversations.replies'].map((method) => [method, { perMinute: 1, burst: 1 }]),
  );
  const { url, sandbox, ...slack } = await sandboxFor({
    now,
    limits: isLimited ? { historyPageMax: 15, methods } : {},
  });
  const client = clientOf({ url, sandbox, ...slack });
  const counting = { type: 'delay', ms: 0 } as const;
  const calls = sandbox.faults.add({ when: 'before', action: counting });
  const pages = sandbox.faults.add({ when: 'after', action: counting });
  const history = channelHistory(now);
  const put = (fields: { channel?: string; deliveryId?: string; threadTs?: string } = {}) => {
    const { channel = 'C0ACME', deliveryId, threadTs } = fields;
    const ts = sandbox.store.nextTs(channel, clock);
    const metadata = { event_type: 'test', event_payload: { delivery_id: deliveryId } };
    const message = { workspace: 'T0SANDBOX', channel, ts, at: clock, text: 'Hello', hidden: false };
    const more = { ...(deliveryId !== undefined && { metadata }), ...(threadTs !== undefined && { threadTs }) };
    sandbox.store.record({ type: 'message', message: { ...message, ...more } });
    return ts;
  };
  return {
    calls,
    pages,
    sandbox,
    put,
    now,
    wait: (ms: number) => {
      clock += ms;
    },
    find: (wanted: Wanted, other: ChannelHistory = history) => other.find(client, wanted),
    [Symbol.asyncDispose]: () => slack.close(),
  };
}

type Slack = Awaited<ReturnType<typeof startSlack>>;

/** Puts `count` messages of other people into the channel, a second apart. */
function chatter(slack: Slack, count: number, channel?: string): void {
  for (let nr = 0; nr < count; nr += 1) {
    slack.put(channel === undefined ? {} : { channel });
    slack.wait(1_000);
  }
}

function wantedOf(deliveryId: string, since: number, fields: Partial<Wanted> = {}): Wanted {
  const readFrom = since + SETTLE_MS;
  return { workspaceId: 'w', channel: 'C0ACME', deliveryId, since: new Date(since), readFrom, ...fields };
}

/** Asks as deliveries do, again when Slack allows it, until all of them are answered. */
async function untilAnswered(slack: Slack, all: readonly Wanted[]): Promise<Map<string, Sighting>> {
  const answers = new Map<string, Sighting>();
  for (let tries = 0; answers.size < all.length; tries += 1) {
    if (tries > 100) throw new Error('Asked a hundred times');
    const open = all.filter(({ deliveryId }) => !answers.has(deliveryId));
    const sightings = await Promise.all(open.map((wanted) => slack.find(wanted)));
    let waitMs = 0;
    for (const [index, sighting] of sightings.entries()) {
      if (sighting.kind === 'found' || sighting.kind === 'absent') {
        answers.set(open[index]?.deliveryId ?? '', sighting);
      } else if (sighting.kind === 'unreadable') {
        const { failure } = sighting;
        if (failure.kind !== 'not_posted' || failure.retryAfterMs === undefined) throw new Error(failure.message);
        waitMs = Math.max(waitMs, failure.retryAfterMs);
      }
    }
    slack.wait(waitMs);
  }
  return answers;
}

describe('one message a page of 15, one page a minute', () => {
  test('40 messages are read in three calls, with one refusal after each page but the last', async () => {
    await using slack = await startSlack({ isLimited: true });
    const since = slack.now();
    chatter(slack, 40);
    slack.wait(SETTLE_MS);
    const answers = await untilAnswered(slack, [wantedOf('lost', since)]);
    expect(answers.get('lost')).toEqual({ kind: 'absent' });
    expect(slack.pages.calls).toBe(3);
    expect(slack.calls.calls).toBe(5);
  });

  test('one reading answers all doubts of a channel, those that are there and those that are not', async () => {
    await using slack = await startSlack({ isLimited: true });
    const wanted: Wanted[] = [];
    const there = new Map<string, string>();
    for (let nr = 0; nr < 12; nr += 1) {
      wanted.push(wantedOf(`d${nr}`, slack.now()));
      if (nr % 2 === 0) there.set(`d${nr}`, slack.put({ deliveryId: `d${nr}` }));
      chatter(slack, 3);
    }
    slack.wait(SETTLE_MS);
    const answers = await untilAnswered(slack, wanted);
    for (const { deliveryId } of wanted) {
      const ts = there.get(deliveryId);
      expect(answers.get(deliveryId), deliveryId).toEqual(
        ts === undefined ? { kind: 'absent' } : { kind: 'found', ts },
      );
    }
    expect(slack.pages.calls, 'three, and one from before all of them had asked').toBe(4);
  });

  test('a doubt that comes while the channel is read waits for the next reading, and does not stop one that is further on', async () => {
    await using slack = await startSlack({ isLimited: true });
    const since = slack.now();
    chatter(slack, 20);
    slack.wait(SETTLE_MS);
    expect(await slack.find(wantedOf('early', since))).toMatchObject({ kind: 'unreadable' });
    const later = Array.from({ length: 5 }, (_, nr) => wantedOf(`late-${nr}`, since + 20_000 + nr * 1_000));
    slack.wait(MINUTE_MS);
    const answers = await untilAnswered(slack, [wantedOf('early', since), ...later]);
    expect(answers.size).toBe(6);
    expect(slack.pages.calls, 'two readings of two pages').toBe(4);
  });

  test('no call is made before the time that Slack named, for no channel of the workspace', async () => {
    await using slack = await startSlack({ isLimited: true });
    const since = slack.now();
    chatter(slack, 20);
    slack.wait(SETTLE_MS);
    await slack.find(wantedOf('first', since));
    const before = slack.calls.calls;
    slack.wait(59_000);
    const other = await slack.find(wantedOf('second', since, { channel: 'C0OPS' }));
    expect(other).toMatchObject({ failure: { kind: 'not_posted', code: 'ratelimited', retryAfterMs: 1_000 } });
    expect(slack.calls.calls).toBe(before);
    slack.wait(1_000);
    expect(await slack.find(wantedOf('second', since, { channel: 'C0OPS' }))).toEqual({ kind: 'absent' });
  });

  test('a thread is read page by page, too', async () => {
    await using slack = await startSlack({ isLimited: true });
    const since = slack.now();
    const threadTs = slack.put();
    for (let nr = 0; nr < 40; nr += 1) slack.put({ threadTs });
    const ts = slack.put({ threadTs, deliveryId: 'd.1' });
    slack.wait(SETTLE_MS);
    const answers = await untilAnswered(slack, [wantedOf('d.1', since, { threadTs })]);
    expect(answers.get('d.1')).toEqual({ kind: 'found', ts });
    expect(slack.pages.calls).toBe(3);
  });
});

test('deliveries that ask at the same time share one call', async () => {
  await using slack = await startSlack();
  const since = slack.now();
  slack.wait(SETTLE_MS);
  const wanted = Array.from({ length: 20 }, (_, nr) => wantedOf(`d${nr}`, since));
  const sightings = await Promise.all(wanted.map((one) => slack.find(one)));
  expect(new Set(sightings.map(({ kind }) => kind))).toEqual(new Set(['absent']));
  expect(slack.calls.calls).toBe(1);
});

test('a reading that began too early for a look says nothing about it', async () => {
  await using slack = await startSlack();
  const since = slack.now();
  slack.wait(SETTLE_MS);
  expect(await slack.find(wantedOf('d', since))).toEqual({ kind: 'absent' });
  slack.wait(SETTLE_MS / 2);
  const ts = slack.put({ deliveryId: 'd' });
  const second = wantedOf('d', since, { readFrom: slack.now() });
  expect(await slack.find(second)).toEqual({ kind: 'found', ts });
  expect(slack.calls.calls).toBe(2);
});

test('a reading of another time says nothing about an attempt', async () => {
  await using slack = await startSlack();
  const since = slack.now();
  slack.wait(2 * 3_600_000);
  expect(await slack.find(wantedOf('new', slack.now() - SETTLE_MS))).toEqual({ kind: 'absent' });
  expect(await slack.find(wantedOf('old', since))).toEqual({ kind: 'absent' });
  expect(slack.calls.calls).toBe(2);
});

test('a cursor that Slack no longer knows begins the reading again', async () => {
  await using slack = await startSlack({ isLimited: true });
  const since = slack.now();
  chatter(slack, 20);
  slack.wait(SETTLE_MS);
  await slack.find(wantedOf('d', since));
  slack.sandbox.faults.remove(slack.calls.id);
  const action = { type: 'error', error: 'invalid_cursor' } as const;
  slack.sandbox.faults.add({ method: 'conversations.history', when: 'before', times: 1, action });
  slack.wait(MINUTE_MS);
  expect(await slack.find(wantedOf('d', since))).toMatchObject({ failure: { code: 'invalid_cursor' } });
  const answers = await untilAnswered(slack, [wantedOf('d', since)]);
  expect(answers.get('d')).toEqual({ kind: 'absent' });
  expect(slack.pages.calls, 'one that was lost, and two').toBe(3);
});

test('another process reads for itself', async () => {
  await using slack = await startSlack();
  const since = slack.now();
  slack.wait(SETTLE_MS);
  await slack.find(wantedOf('d', since));
  expect(await slack.find(wantedOf('d', since), channelHistory(slack.now))).toEqual({ kind: 'absent' });
  expect(slack.calls.calls).toBe(2);
});
