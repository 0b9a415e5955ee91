import { expect, test } from 'vitest';
import { contextOf } from '../../src/client/context.ts';
import { notificationsOf } from '../../src/client/notifications.ts';
import { temporaryStore } from '../support/store.ts';
import { control, sandboxFor } from './support.ts';

const row = (id: string, channel: string) => ({
  id,
  account: 'ops',
  report: 'delivery-digest',
  channel,
  workspace: 'sandbox',
  on_demand: true,
});

test('channels by name and people are kept by their ids, and a wrong one is a wrong row', async () => {
  await using slack = await sandboxFor();
  await using temporary = await temporaryStore();
  await using context = contextOf({ store: temporary.databaseUrl, env: { SLACK_SANDBOX_URL: slack.url } });
  const notifications = notificationsOf(context);
  const { added } = await notifications.plan({
    rows: [row('a', '#acme-reports'), row('b', 'U0ANNA'), row('c', 'C0OPS')],
  });
  expect(added.map(({ channel }) => channel)).toEqual([
    { id: 'C0ACME', name: '#acme-reports' },
    { id: expect.stringMatching(/^D/), name: '@U0ANNA' },
    { id: 'C0OPS' },
  ]);
  await expect(notifications.plan({ rows: [row('a', '#acme-report')] })).rejects.toThrow(
    'row 1: a: channel: Slack has no channel #acme-report that the bot can see',
  );
  // A renamed channel has its id still: applied by id, nothing is asked.
  await control(slack, 'POST', 'tokens/xoxb-sandbox', { scopes: [] });
  expect((await notifications.plan({ rows: [row('c', 'C0OPS')] })).added).toHaveLength(1);
});
