import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliverWorkflowId } from '../../src/contract/ids.ts';
import { BLOTTED, type EveryEnding, runEveryEnding, TOKENS } from '../support/every-ending.ts';
import { historyText } from '../support/history.ts';
import { SECRET_SHAPES } from '../support/secret-shapes.ts';
import { rider } from '../support/store.ts';
import { addTellingReport, type Batch, batchesOfSecrets, startTellingServer, WAYS } from '../support/telling-report.ts';
import { until } from '../support/until.ts';

let all: EveryEnding;
let told: Record<string, string>;
const stack = new AsyncDisposableStack();
/** Every shape, in each way out of a report, and in Slack's answer. */
const telling = Object.entries({ ...WAYS, slack: 'message' as const }).flatMap(([way, keptWhole]) =>
  batchesOfSecrets(keptWhole).map((batch) => ({ id: `${way}-${randomUUID()}`, way, keptWhole, batch })),
);
const batches = telling.map(({ batch }) => batch);

beforeAll(async () => {
  const server = stack.use(await startTellingServer(batches));
  all = stack.use(await runEveryEnding({}, ({ folder }) => addTellingReport(folder, batches, server.url)));
  const dispatchId = await deliverTelling(all);
  const [first, list, show, why] = await Promise.all([
    all.told(),
    all.cli('deliveries', 'list', '--json', '--limit', '1000'),
    all.cli('runs', 'show', dispatchId, '--json'),
    all.cli('why', telling[0]!.id),
    all.cli('backup', 'copy.db'),
  ]);
  told = {
    ...first,
    'deliveries list --json': list.stdout,
    'runs show --json': show.stdout,
    'why impossible': why.stdout,
    backup: contentsOf(join(all.app.folder, 'copy.db')),
  };
}, 180_000);

afterAll(() => stack.disposeAsync());

describe('where Slack, or a proxy that answers for it, repeats a token', () => {
  test('it is in no history', async () => {
    for (const id of all.workflows) expect(await historyText(all.app.client, id), id).not.toMatch(TOKENS);
    for (const kind of ['refused', 'forbidden', 'revoked']) {
      expect(await historyText(all.app.client, await all.workflowOf(kind)), 'where it was').toContain(BLOTTED);
    }
  });

  test('it is not in the log, the metrics, the health, any table, nor in what the commands print', () => {
    const leaks = Object.entries(told).filter(([, text]) => TOKENS.test(text));
    expect(leaks.map(([place]) => place)).toEqual([]);
    // All of these are what they are said to be, and those that report errors have had it.
    expect(told).toMatchObject({
      log: expect.stringContaining(BLOTTED),
      metrics: expect.stringContaining('code="restricted_action"'),
      health: expect.stringContaining('"ready":true'),
      'table deliveries': expect.stringContaining(BLOTTED),
      'table notifications': expect.stringContaining(BLOTTED),
      'table workspaces': expect.stringContaining(BLOTTED),
      'failures list': expect.stringContaining('invalid_blocks'),
      'parked list': expect.stringContaining(BLOTTED),
      'runs show': expect.stringContaining('parked: restricted_action'),
      doctor: expect.stringContaining('DUGONG_TOKEN'),
      'why refused': expect.stringContaining(BLOTTED),
      'why revoked': expect.stringContaining(BLOTTED),
      'why malformed': expect.stringContaining('malformed_token'),
    });
  });
});

test('metrics name no notification, channel, account or text of a report', () => {
  expect(told['metrics']).not.toMatch(/narwhal|beluga|oryx|acme|quagga|zebra/i);
});

test('no shape of a secret in errors of reports, databases, HTTP and Slack reaches a history, the ledger, the log, a metric, a command or a backup', async () => {
  const sinks = { ...told };
  for (const { id } of telling) {
    const [row] = await all.app.store.deliveries.list({ notificationId: id }, 1);
    const { notificationId, occurrence } = row!;
    const workflowId = deliverWorkflowId({ notificationId, occurrence });
    sinks[`history of ${id}`] = await historyText(all.app.client, workflowId);
  }
  // A code of six digits is in any time, too; the unit test has those.
  const shapes = SECRET_SHAPES.filter(({ secrets }) => secrets.every((secret) => secret.length > 8));
  const leaks = Object.entries(sinks).flatMap(([place, text]) =>
    shapes.filter(({ secrets }) => secrets.some((secret) => isIn(text, secret))).map(({ name }) => `${place}: ${name}`),
  );
  expect(leaks).toEqual([]);
  // Every text has come to where it could leak, and has lost only its secret.
  const isTold = (place: string, { marks }: Batch) => marks.filter((mark) => !isIn(sinks[place] ?? '', mark));
  for (const { id, way, keptWhole, batch } of telling) {
    const ledger = ['table deliveries', 'deliveries list --json', 'backup'];
    const places = ['log', ...(keptWhole === 'ledger' ? ledger : [])];
    // Of an attempt that is made again Temporal keeps 4 KB, so some of it may be absent only because it was cut off.
    if (way === 'impossible') places.push(`history of ${id}`);
    for (const place of places) expect(isTold(place, batch), `${way}: ${place}`).toEqual([]);
  }
});

/** One run of them all. Returns its id when all have ended. */
async function deliverTelling({ app }: EveryEnding): Promise<string> {
  const schedule = await app.schedule();
  for (const [index, { id, way, batch }] of telling.entries()) {
    const channel = way === 'slack' ? `C0TELLS${index}` : 'C0NARWHALPLAIN';
    const report = way === 'slack' ? {} : { report: 'telling', params: { batch: index, way } };
    await app.store.notifications.add([rider(id, schedule, { workspaceId: 'narwhal', channel, ...report })]);
    const action = { type: 'error', error: 'invalid_blocks', errors: batch.text.split(/\n(?=<\d)/) } as const;
    if (way === 'slack')
      app.sandbox.sandbox.faults.add({ method: 'chat.postMessage', channel, when: 'before', action });
  }
  const dispatchId = await app.schedules.trigger(schedule);
  const states = async () => app.store.deliveries.countByState({ dispatchId });
  await until(
    'all to end',
    async () => {
      const { delivered = 0, failed = 0 } = await states();
      return delivered + failed === telling.length;
    },
    60_000,
  ).catch(async (error: unknown) => {
    throw new Error(`Not ended: ${JSON.stringify(await states())}`, { cause: error });
  });
  return dispatchId;
}

/** As it is, and as JSON writes it, once and twice. */
function isIn(text: string, part: string): boolean {
  const once = JSON.stringify(part).slice(1, -1);
  return [part, once, JSON.stringify(once).slice(1, -1)].some((form) => text.includes(form));
}

/** Every value of every table. */
function contentsOf(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true });
  const tables = db.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[];
  const rows = tables.map(({ name }) => db.prepare(`select * from "${name}"`).all());
  db.close();
  return JSON.stringify(rows);
}
