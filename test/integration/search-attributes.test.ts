import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { startTemporalServer } from '../../src/dev/temporal-server.ts';
import { missingSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { type App, startApp } from '../support/app.ts';
import { runCli } from '../support/program.ts';
import { rider, temporaryFolder } from '../support/store.ts';
import { until } from '../support/until.ts';

const NAMES = [
  'SlackReportsAccount',
  'SlackReportsChannel',
  'SlackReportsWorkspace',
  'SlackReportsReport',
  'SlackReportsState',
  'SlackReportsSchedule',
];

/** What the Web UI finds, once the server has it in its index. */
async function found(app: App, query: string, count: number): Promise<string[]> {
  return until(`${count} workflows by ${query}`, async () => {
    const all = await Array.fromAsync(app.client.workflow.list({ query }));
    return all.length === count && all.map(({ workflowId }) => workflowId).toSorted();
  });
}

test('deliveries are found by search attributes once `setup` has registered them, and go out without them before', async () => {
  await using folder = await temporaryFolder();
  // Of its own: what is registered in a namespace is there for every test on the server.
  await using server = await startTemporalServer({
    cliPath: inject('temporalCli'),
    headless: true,
    logFile: join(folder.path, 'temporal.log'),
  });
  await using app = await startApp({ temporalAddress: server.address });
  const variables = { TEMPORAL_ADDRESS: server.address };
  const setup = (...args: string[]) => runCli(['setup', ...args], { folder: folder.path, variables });
  const schedule = randomUUID();
  await app.store.notifications.add([rider('a', schedule), rider('b', schedule, { channel: 'C0LEGACY' })]);
  const at = (time: string) => app.run({ selection: { kind: 'due', schedule }, nominalTime: time });

  expect(await missingSearchAttributes(app.client, 'default')).toEqual(NAMES);
  expect(await at('2026-11-23T08:00:00Z')).toMatchObject({ due: 2, delivered: 1, parked: 1 });

  const first = await setup();
  expect(first.stderr).toBe('');
  expect(first.stdout).toBe(
    `Search attributes  added: ${NAMES.join(', ')}\n` +
      'Retention          ended workflows are kept for 1 day; --retention 30d keeps them longer\n',
  );
  expect(await missingSearchAttributes(app.client, 'default')).toEqual([]);
  await app.store.parking.release('notification', 'b');
  expect(await at('2026-11-23T09:00:00Z')).toMatchObject({ due: 2, delivered: 1, parked: 1 });

  const [a, b] = ['a', 'b'].map((id) => deliverWorkflowId({ notificationId: id, occurrence: '2026-11-23T09:00:00Z' }));
  expect(await found(app, `SlackReportsSchedule = '${schedule}'`, 2)).toEqual([a, b]);
  expect(await found(app, `SlackReportsChannel = 'C0ACME' AND SlackReportsAccount = 'acme'`, 1)).toEqual([a]);
  expect(await found(app, `SlackReportsState = 'parked' AND SlackReportsReport = 'account-activity'`, 1)).toEqual([b]);
  expect(await found(app, `SlackReportsWorkspace = 'sandbox' AND SlackReportsState IS NULL`, 1)).toEqual([a]);

  const refused = await setup('--retention', '30d');
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toMatch(
    /^error: Keep ended workflows of the namespace default, all of them, for 30 days instead/,
  );
  expect((await setup('--retention', '30d', '--yes')).stdout).toBe(
    'Search attributes  were there already\nRetention          ended workflows are kept for 30 days instead of 1 day\n',
  );
  expect((await setup()).stdout).toMatch(/kept for 30 days$/m);
  expect((await setup('--retention', 'long')).stderr).toMatch(/^error: --retention: "long" is not a duration/);
});
