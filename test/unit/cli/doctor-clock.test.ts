import { expect, test } from 'vitest';
import type { ClockContext, ServerContext } from '../../../src/cli/doctor/check.ts';
import { clockFinding, slackClock, storeClock } from '../../../src/cli/doctor/clock.ts';
import { taskQueues } from '../../../src/cli/doctor/server.ts';
import { slackBehind } from '../../support/slack-clock.ts';
import { isMissing, STORE_KINDS, temporaryStore } from '../../support/store.ts';

const AHEAD_MS = 61_000;

test.each([
  [0, 'ok', /^0 s from that of Slack$/],
  [45_000, 'warn', /^this machine's is 45 s ahead of that of Slack/],
  [AHEAD_MS, 'fail', /^this machine's is 61 s ahead of that of Slack/],
  [-AHEAD_MS, 'fail', /^this machine's is 61 s behind that of Slack/],
] as const)('a clock that is off by %i ms is %s', (aheadMs, kind, detail) => {
  const finding = clockFinding('Slack', aheadMs);
  expect(finding.kind).toBe(kind);
  expect(finding.detail).toMatch(detail);
});

test.each([
  [AHEAD_MS, ['fail']],
  [0, ['ok']],
])('the clock is compared with the Date of an answer of Slack: %i ms ahead', async (aheadMs, kinds) => {
  await using slack = await slackBehind(aheadMs);
  const found = await slackClock(contextOf(slack.url, 'env:SLACK_BOT_TOKEN'));
  expect(found.map(({ kind }) => kind)).toEqual(kinds);
});

test.skipIf(isMissing('postgres') || !STORE_KINDS.includes('postgres'))(
  'the clock is compared with that of Postgres',
  async () => {
    await using temporary = await temporaryStore('postgres');
    const found = await storeClock({ store: temporary.store } as ClockContext);
    expect(found).toMatchObject([{ kind: 'ok', detail: expect.stringMatching(/^\d s from that of Postgres$/) }]);
  },
);

test('an embedded store has this clock', async () => {
  await using temporary = await temporaryStore();
  expect(await storeClock({ store: temporary.store } as ClockContext)).toEqual([]);
});

test('no clock of Slack is asked for where only the sandbox is used', async () => {
  expect(await slackClock(contextOf('http://127.0.0.1:1/api/', 'sandbox'))).toEqual([]);
});

test.each<[string, { seenMsAgo?: number; isClockOff?: boolean }, string[], RegExp]>([
  ['no worker was seen', {}, ['fail worker'], /^Start one: npm run worker$/],
  ['a worker is there', { seenMsAgo: 5_000 }, ['ok worker'], /^$/],
  ['none for two minutes', { seenMsAgo: 120_000 }, ['fail worker'], /this machine's clock may be ahead/],
  [
    'none for two minutes, by a clock that is off',
    { seenMsAgo: 120_000, isClockOff: true },
    ['fail worker'],
    /^Set the/,
  ],
  ['a worker in our future', { seenMsAgo: -90_000 }, ['fail clock', 'ok worker'], /^Synchronize the clock/],
])('workers and the clock: %s', async (_, { seenMsAgo, isClockOff = false }, kinds, advice) => {
  const at = Math.floor((Date.now() - (seenMsAgo ?? 0)) / 1_000);
  const pollers = seenMsAgo === undefined ? [] : [{ identity: 'w', lastAccessTime: { seconds: at } }];
  const client = {
    options: { namespace: 'default' },
    workflowService: { describeTaskQueue: async () => ({ pollers }) },
  };
  const config = { temporal: { taskQueue: 'q' } };
  // The two kinds of work are alike here.
  const found = (await taskQueues({ client, config, isClockOff } as unknown as ServerContext)).slice(0, -1);
  expect(found.map(({ kind, what }) => `${kind} ${what.split(' ')[0]}`)).toEqual(kinds);
  const [first] = found;
  expect(first !== undefined && 'advice' in first ? first.advice : '').toMatch(advice);
});

function contextOf(apiUrl: string, tokenRef: string): ClockContext {
  return { config: { slack: { apiUrl } }, workspaces: [{ id: 'acme', tokenRef }] } as unknown as ClockContext;
}
