import { DatabaseSync } from 'node:sqlite';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { databases } from '../../../src/reports/sources/databases.ts';
import {
  checkSources,
  defineSource,
  type DuePage,
  type Source,
  type SourceNotification,
} from '../../../src/sources/define.ts';
import { loadSources } from '../../../src/sources/folder.ts';
import { readerOf } from '../../../src/sources/read.ts';
import { temporaryFolder } from '../../support/store.ts';

/** The name `slack-reports/sources` is ours only in a process of the program; an integration test has it. */
const SOURCES = new URL('../../../src/sources/index.ts', import.meta.url).href;

const REQUEST = {
  schedule: 'weekdays',
  nominalTime: new Date('2026-11-23T08:00:00Z'),
  since: new Date('2026-11-23T07:00:00Z'),
  limit: 500,
};

const QUERY = `-- database: crm
-- schedules: weekdays
-- after: 0
select id, account, 'weekly' as report, channel, channel_name, '{"days":7}' as params, '["emea"]' as tags
from customers where id > :after and created_at < :nominalTime order by id limit 2`;

async function folderWith(files: Record<string, string>) {
  const folder = await temporaryFolder();
  const sources = join(folder.path, 'sources');
  await mkdir(sources);
  for (const [name, text] of Object.entries(files)) await writeFile(join(sources, name), text);
  const crm = join(folder.path, 'crm.db');
  const database = new DatabaseSync(crm);
  database.exec(
    `create table customers (id integer primary key, account text, channel text, channel_name text, created_at text)`,
  );
  for (let n = 1; n <= 5; n += 1)
    database.exec(`insert into customers values (${n}, 'a${n}', 'C000${n}', null, '2026-01-0${n}')`);
  database.close();
  return {
    load: () => loadSources(sources, databases('sqlite:unused.db', { REPORTS_DB_CRM: `sqlite:${crm}` })),
    sources,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function readAll(source: Source): Promise<readonly SourceNotification[]> {
  const all: SourceNotification[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await source.due({ ...REQUEST, cursor });
    all.push(...page.notifications);
    if (page.next === undefined) return all;
    cursor = String(page.next);
  }
}

test('a .sql file is a source: its rows are read page by page', async () => {
  await using folder = await folderWith({ 'our_customers.sql': QUERY });
  const [source] = await folder.load();
  expect(source).toMatchObject({ name: 'our-customers', schedules: ['weekdays'] });
  const rows = await readAll(source!);
  expect(rows.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
  const { rows: checked } = await readerOf(source!).read({ ...REQUEST, cursor: undefined });
  expect(checked[0]).toMatchObject({
    kind: 'due',
    notification: { id: 'our-customers:1', account: 'a1', params: { days: 7 }, tags: ['emea'], workspaceId: 'default' },
  });
});

test('a .sql file that does not page, or says what nothing knows, is refused by name', async () => {
  await using unpaged = await folderWith({ 'all.sql': 'select * from customers' });
  await expect(unpaged.load()).rejects.toThrow('all.sql: does not use :after');
  await using wrong = await folderWith({ 'all.sql': `-- databse: crm\n${QUERY}` });
  await expect(wrong.load()).rejects.toThrow('"-- databse:" is not known');
});

test('a .sql file on SQLite needs no first `:after`, and its errors name the file', async () => {
  const numbered = QUERY.replace('-- after: 0\n', '');
  await using folder = await folderWith({ 'customers.sql': numbered });
  const [source] = await folder.load();
  expect((await readAll(source!)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
  await using wrong = await folderWith({ 'customers.sql': numbered.replace('account,', 'acount,') });
  const [broken] = await wrong.load();
  await expect(broken!.due({ ...REQUEST, cursor: undefined })).rejects.toThrow(
    /customers\.sql: no such column: acount/,
  );
});

/** What a source is told that gives this for a page. */
const read = (given: unknown) =>
  readerOf(defineSource({ name: 'mine', due: async () => given as DuePage })).read({ ...REQUEST, cursor: undefined });

test('what is wrong with a row or a page is said in words', async () => {
  const good = { id: 1, account: 'acme', report: 'weekly', channel: 'C0ACME' };
  const reasons = async (given: unknown) => {
    const { rows } = await read({ notifications: [given] });
    return rows.map((row) => (row.kind === 'bad' ? row.reason : row.kind));
  };
  expect(await reasons({ ...good, account: undefined, acount: 'acme' })).toEqual([
    'account: is missing; "acount" is no field of a notification. Did you mean account?',
  ]);
  expect(await reasons({ ...good, window: 5 })).toEqual(['window: must be a text, and is number']);
  expect(await reasons({ ...good, params: '[]' })).toEqual(['params: must be an object, and is string']);
  expect(await reasons(null)).toEqual(['must be an object, and is null']);
  expect(await reasons(good)).toEqual(['due']);
  await expect(read([good])).rejects.toThrow('Return { notifications: rows }');
  await expect(read({ rows: [good] })).rejects.toThrow('notifications: is missing');
});

test('a source without `due`, with a wrong name, or of a name that another has is refused', () => {
  const mine = defineSource({ name: 'mine', due: async () => ({ notifications: [] }) });
  expect(() => defineSource({ name: 'mine' } as Source)).toThrow('has no function `due`');
  expect(() => checkSources([{ ...mine, name: 'Not Mine' }])).toThrow('Source name "Not Mine" is not');
  expect(() => checkSources([mine, { ...mine }])).toThrow('There are two sources "mine"');
});

const code = (name: string) => `import { defineSource, isDue } from '${SOURCES}';
  export const source = defineSource({ name: '${name}', due: async ({ since, nominalTime }) =>
    ({ notifications: isDue({ cron: '0 9 * * *', timezone: 'Europe/Berlin' }, since, nominalTime) ? [{ id: 1 }] : [] }) });`;

test('a folder holds sources of code, too, and names the file of a broken or second one', async () => {
  await using folder = await folderWith({ 'one.ts': code('one'), 'one.test.ts': 'throw new Error()' });
  const [one] = await folder.load();
  expect(await readAll(one!)).toEqual([{ id: 1 }]);
  await using twice = await folderWith({ 'one.ts': code('one'), 'other.ts': code('one') });
  await expect(twice.load()).rejects.toThrow('other.ts: a source "one" exists already');
  await using broken = await folderWith({ 'broken.ts': 'export const x = 1;\nthrow new Error("no");' });
  await expect(broken.load()).rejects.toThrow('broken.ts cannot be loaded: no');
  await using badName = await folderWith({ 'bad.ts': code('Bad Name') });
  await expect(badName.load()).rejects.toThrow('Source name "Bad Name" is not');
  await expect(loadSources(join(folder.sources, 'none'), databases('sqlite:unused.db', {}))).rejects.toThrow(
    'Cannot read the sources',
  );
});
