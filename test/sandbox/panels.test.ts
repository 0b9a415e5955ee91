import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningSandbox } from '../../sandbox/server.ts';
import { Meter } from '../../sandbox/state/meter.ts';
import { control, post, sandboxFor } from './support.ts';

let slack: RunningSandbox;
beforeEach(async () => {
  slack = await sandboxFor();
});
afterEach(() => slack.close());

const FAULTS = '/w/T0SANDBOX/faults';

async function submit(fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  const origin = { origin: slack.url };
  const body = new URLSearchParams(fields);
  return fetch(slack.url + FAULTS, { method: 'POST', body, headers: { ...origin, ...headers }, redirect: 'manual' });
}

async function panel(path = FAULTS): Promise<string> {
  return (await fetch(slack.url + path)).text();
}

test('a preset is added by its button, fires, and the page shows how often', async () => {
  expect((await submit({ do: 'preset', preset: 'rate-limit', channel: '#acme-reports' })).status).toBe(303);
  expect((await post(slack, { channel: 'C0OPS' })).status).toBe(200);
  expect((await post(slack)).headers.get('retry-after')).toBe('5');
  expect(await panel()).toContain('1 of 3');
});

test('a custom fault has the values of the form', async () => {
  const fields = {
    method: 'chat.postMessage',
    type: 'error',
    error: 'fatal_error',
    when: 'before',
    times: '2',
    every: '2',
  };
  await submit({ do: 'add', channel: '', amount: '', ...fields });
  expect(slack.sandbox.faults.list()).toMatchObject([
    {
      method: 'chat.postMessage',
      workspace: 'T0SANDBOX',
      times: 2,
      every: 2,
      action: { type: 'error', error: 'fatal_error' },
    },
  ]);
  await submit({ do: 'remove', id: slack.sandbox.faults.list()[0]?.id ?? '' });
  expect(await panel()).toContain('No faults');
});

test('a switch makes the workspace refuse charts, and back', async () => {
  await submit({ do: 'charts', refuse: 'yes' });
  expect(slack.sandbox.limits.unknownBlocks).toEqual(['data_visualization']);
  expect(await panel()).toContain('refused, as where Slack has none');
  await submit({ do: 'charts', refuse: 'no' });
  expect(slack.sandbox.limits.unknownBlocks).toEqual([]);
});

test.each([
  [{ do: 'add', type: 'drop', when: 'before', times: '-1' }, 'times: Too small'],
  [{ do: 'add', type: 'drop', when: 'before', channel: 'nowhere' }, 'no channel “nowhere”'],
  [{ do: 'preset', preset: '<b>' }, 'There is no such preset'],
  [{ do: 'archive', channel: '' }, 'Name the channel'],
  [{ do: 'constructor' }, 'no such form on this page'],
])('%j is answered with what is wrong, and changes nothing', async (fields, problem) => {
  const answer = await submit(fields);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain(problem);
  expect(slack.sandbox.faults.list()).toEqual([]);
});

test('a token is revoked and restored, a channel archived, bursts hidden', async () => {
  await submit({ do: 'token', token: slack.token, state: 'revoked' });
  expect((await post(slack)).body['error']).toBe('token_revoked');
  await submit({ do: 'token', token: slack.token, state: 'ok' });
  await submit({ do: 'archive', channel: 'acme-reports', archived: 'yes' });
  expect((await post(slack)).body['error']).toBe('is_archived');
  await submit({ do: 'hide', hide: 'yes' });
  expect(slack.sandbox.limits.silentHide).toBe(true);
});

test.each(['http://example.com', 'null', 'http://127.0.0.1:1'])('a form on a page at %s is refused', async (origin) => {
  expect((await submit({ do: 'preset', preset: 'outage' }, { origin })).status).toBe(403);
  expect(slack.sandbox.faults.list()).toEqual([]);
});

test('the rates page counts posts: accepted, hidden, rate limited, refused, broken', async () => {
  await post(slack);
  await post(slack, { channel: 'C0NOWHERE' });
  await control(slack, 'POST', 'limits', { silentHide: true, channel: { perMinute: 1, burst: 1 } });
  await post(slack);
  await control(slack, 'POST', 'faults', { times: 1, action: { type: 'html' } });
  await post(slack).catch(() => undefined);
  await control(slack, 'POST', 'faults', { times: 1, action: { type: 'rate_limit' } });
  await post(slack);
  const rates = await panel('/w/T0SANDBOX/rates');
  for (const outcome of ['shown', 'hidden', 'limited', 'refused', 'broken']) {
    expect(rates).toContain(`<dd data-outcome="${outcome}">1</dd>`);
  }
  expect(rates).toContain('#acme-reports');
});

test('the meter sums by step and by channel, and forgets older seconds', () => {
  const meter = new Meter();
  const note = (channel: string, second: number) =>
    meter.note({ workspace: 'T1', channel, outcome: 'shown', at: second * 1_000 });
  for (const second of [100, 101, 101, 109]) note('C1', second);
  note('C2', 109);
  const query = { workspace: 'T1', now: 109_500, step: 5, count: 2 };
  expect(meter.series(query).map(({ shown }) => shown)).toEqual([3, 2]);
  expect(meter.series({ ...query, channel: 'C1' }).map(({ shown }) => shown)).toEqual([3, 1]);
  expect(meter.channels('T1', 109_500, 10)).toMatchObject([
    { channel: 'C1', peak: 2 },
    { channel: 'C2', peak: 1 },
  ]);
  note('C1', 5_000);
  expect(meter.channels('T1', 5_000_000, 1e6)).toHaveLength(1);
  expect(meter.totals('T1').shown).toBe(6);
});
