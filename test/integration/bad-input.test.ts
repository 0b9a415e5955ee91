import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/lib/ports.ts';
import { openStore } from '../../src/store/open.ts';
import { runCli } from '../support/program.ts';
import { temporaryFolder } from '../support/store.ts';

let folder: string;
let nowhere: string;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  folder = stack.use(await temporaryFolder()).path;
  nowhere = `127.0.0.1:${await freePort()}`;
  await writeFile(join(folder, 'text'), 'this is no database, and no folder\n'.repeat(100));
  await writeFile(join(folder, 'broken.json'), '[{"id": "a",]');
});
afterAll(() => stack.disposeAsync());

const ADD = 'notifications add n --account acme --report delivery-digest --channel C0ACME';

/** What is typed, what stands on the first line of the answer, and the exit code. */
const BAD: [line: string, error: RegExp, code: number][] = [
  [
    'schedule create s --cron=9|*|*|*',
    /^error: --cron: Cron "9 \* \* \*" is invalid: it has 4 field\(s\), not 5\. Write minute, hour/,
    2,
  ],
  [
    'schedule create s --cron=0|25|*|*|*',
    /^error: --cron: Cron "0 25 \* \* \*" is invalid: hour "25" is not within 0-23\. Write minute, hour/,
    2,
  ],
  [
    'schedule create s --cron=0|9|*|*|* --timezone Berlin',
    /^error: --timezone: Time zone "Berlin" names no place .* Did you mean Europe\/Berlin\?$/,
    2,
  ],
  ['schedule create s --cron=0|9|*|*|* --catchup-window soon', /^error: --catchup-window: "soon" is not a duration/, 2],
  [`${ADD} --cron=0|9|30|2|*`, /^error: Cron "0 9 30 2 \*" is invalid: it never fires/, 2],
  [`${ADD} --cron=0|9|*|*|* --timezone Mars/Base`, /^error: Time zone "Mars\/Base" names no place/, 2],
  [`${ADD.replace('delivery-digest', 'nothing')} --schedule s`, /^error: --report: there is no report "nothing"$/, 2],
  [`${ADD.replace('C0ACME', 'acme')} --schedule s`, /^error: --channel: must be a channel id such as C0123456789/, 2],
  [`${ADD} --schedule s --params {`, /^error: --params: is not JSON: \{$/, 2],
  [`${ADD} --schedule s --params {"days":0}`, /^error: params\.days: /, 2],
  [`${ADD} --schedule s --workspace T9`, /^error: There is no workspace "T9"$/, 2],
  [ADD, /^error: --schedule: needs one of: a schedule to ride, a cron of its own or every in words, or on_demand$/, 2],
  [`${ADD} --on-demand --tag a_b`, /^error: --tag: must be 1 to 50 letters/, 2],
  ['notifications import absent.csv', /^error: Cannot read absent\.csv: ENOENT/, 2],
  ['notifications import text', /^error: Cannot read text: only \.csv, \.json and \.yaml files are understood$/, 2],
  ['notifications import broken.json', /^error: Cannot read broken\.json: it is not JSON \(.* in line 1\)$/, 2],
  ['deliveries list --limit none', /^error: .*Use a whole number from 1 to 100000/, 2],
  ['run --schedule s', /^error: No enabled notification matches$/, 2],
  ['workspaces add w --token xoxb-1-very-secret', /^error: --token takes a reference: env:NAME or file:\/path$/, 2],
];

async function said(line: string, variables: Record<string, string> = {}) {
  const words = line.split(' ').map((word) => word.replaceAll('|', ' '));
  const ended = await runCli(words, { folder, variables });
  const [error = '', ...more] = ended.stderr.trimEnd().split('\n');
  return { ...ended, error, more };
}

describe.concurrent('is answered by one clear line, and nothing is written:', () => {
  test.each(BAD)('%s', async (line, expected, code) => {
    const ended = await said(line);
    expect(ended.error).toMatch(expected);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.more.length, ended.stderr).toBeLessThanOrEqual(1);
    expect(ended.stderr).not.toMatch(/\n\s+at |secret/);
    await using store = await openStore(join(folder, 'store.db'));
    expect(await store.notifications.count()).toBe(0);
    expect((await store.workspaces.list()).map(({ id }) => id)).toEqual(['default']);
  });
});

test('an unknown state gets an error too', async () => {
  expect((await said('deliveries list --state lost')).error).toMatch(/^error: .*There is no state "lost"/);
});

test.concurrent.each([
  'schedule list',
  'schedule create s --cron=0|9|*|*|*',
  'schedule trigger s',
  'redrive --all',
  'cancel some-run',
])('without a server at the address: %s', async (line) => {
  const ended = await said(line, { TEMPORAL_ADDRESS: nowhere });
  expect(ended.error).toMatch(new RegExp(`^error: No Temporal server answers at ${nowhere}`));
  expect(ended.more).toEqual([expect.stringMatching(/^ {2}Start one with `temporal server start-dev`/)]);
  expect(ended.code).toBe(1);
});

test.each([
  ['below a file', 'text/store.db'],
  ['that is no database', 'text'],
  ['that is a folder', '.'],
])('with a database %s', async (_, path) => {
  const ended = await said('workspaces add w --token sandbox', { DATABASE_URL: `sqlite:${join(folder, path)}` });
  expect(ended.error).toMatch(/^error: Cannot open the database .*: .+$/);
  expect(ended.more).toEqual([expect.stringMatching(/^ {2}Check that the folder exists and can be written/)]);
  expect(ended.code).toBe(1);
});

test('with a Postgres that is not there, the password is not told', async () => {
  const ended = await said('notifications list', { DATABASE_URL: `postgres://me:secret@${nowhere}/reports` });
  expect(ended.error).toMatch(
    /^error: Cannot open the database postgres:\/\/me@127\.0\.0\.1:\d+\/reports: .*ECONNREFUSED/,
  );
  expect(ended.stderr).not.toContain('secret');
  expect(ended.code).toBe(1);
});
