import { chartImage, csv, defineReport, header, z } from 'slack-reports/reports';
import { startTestApp } from 'slack-reports/testing';
import { expect, test } from 'vitest';
// Its tests are tests here, too.
import '../../../examples/testing/vitest.test.ts';

const hello = defineReport({
  name: 'hello',
  description: 'Says hello',
  params: z.strictObject({ to: z.string() }),
  load: async ({ params: { to } }) => ({ to }),
  render: ({ to }) => ({
    text: `Hello ${to}`,
    blocks: [header(`Hello ${to}`)],
    thread: [{ text: 'More', blocks: [header('More')] }],
  }),
});

test('loads by itself where a test gives no data, and posts the thread', async () => {
  await using app = await startTestApp();
  const { state, error, messages } = await app.deliver(hello, { account: 'acme', params: { to: 'Anna' } });
  expect({ state, error }).toEqual({ state: 'delivered', error: undefined });
  expect(messages.map(({ text }) => text)).toEqual(['Hello Anna', 'More']);
  expect(messages[1]?.threadTs).toBe(messages[0]?.ts);
});

test('the same report is delivered as often as a test asks, each with its own data', async () => {
  await using app = await startTestApp();
  for (const to of ['Anna', 'Bea']) {
    const { messages } = await app.deliver(hello, { account: 'acme', params: { to: 'x' }, data: { to } });
    expect(messages[0]?.text).toBe(`Hello ${to}`);
  }
  expect(app.slack.sandbox.oracle.report().duplicates).toEqual([]);
});

test.each([
  ['parameters that do not fit', { params: {} }, { state: 'failed', error: { code: 'invalid_parameters' } }],
  [
    'an archived channel',
    { params: { to: 'x' }, channel: 'C0LEGACY' },
    { state: 'parked', error: { code: 'is_archived' } },
  ],
])('says how it ended: %s', async (_, delivery, result) => {
  await using app = await startTestApp();
  expect(await app.deliver(hello, { account: 'acme', ...delivery })).toMatchObject({ ...result, messages: [] });
});

test('a picture and a file are uploaded', async () => {
  await using app = await startTestApp();
  const report = defineReport({
    name: 'files',
    description: 'A picture and a file',
    params: z.strictObject({}),
    load: async () => [1, 2],
    render: (values) => ({
      text: 'Files',
      blocks: [chartImage({ type: 'bar', title: 'Days', labels: ['a', 'b'], series: [{ name: 'Days', values }] })],
      files: [{ name: 'days.csv', content: csv(['Day'], [['a'], ['b']]) }],
    }),
  });
  const { state, error, messages } = await app.deliver(report, { account: 'acme' });
  expect({ state, error }).toEqual({ state: 'delivered', error: undefined });
  expect(messages[0]?.blocks?.[0]).toMatchObject({ type: 'image' });
});
