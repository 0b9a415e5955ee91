import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importNotifications, type ImportResult } from '../../../src/notifications/import.ts';
import { reportsWith } from '../../../src/reports/registry.ts';
import { SAMPLE_REPORT } from '../../support/sample.ts';
import { nextDueOf, temporaryStore } from '../../support/store.ts';

const reports = reportsWith([SAMPLE_REPORT]);
const HEADER = 'id,account,report,channel,schedule,cron,timezone,params,name,workspace';
const good = (id: string) => `${id},acme,account-activity,C0ACME,weekdays,,,,,`;

/** Imports a file of this content into the store; says which notifications are there afterwards. */
async function importing(
  temporary: Awaited<ReturnType<typeof temporaryStore>>,
  name: string,
  content: string,
  { strict = false, now = new Date('2026-11-23T08:00:00Z') } = {},
): Promise<ImportResult & { ids: string[] }> {
  const file = join(temporary.folder, name);
  await writeFile(file, content);
  const result = await importNotifications(temporary.store, file, { strict, now, reports });
  return { ...result, ids: (await temporary.store.notifications.list()).map(({ id }) => id) };
}

describe('a CSV file', () => {
  test('goes in, whatever its line ends and with the byte order mark of a spreadsheet', async () => {
    await using temporary = await temporaryStore();
    const csv = `\uFEFF${HEADER}\r\n${good('a')}\r\n\r\nb,acme,account-activity,C0ACME,,0 9 * * *,Asia/Tokyo,"{""days"":3}",The b,sandbox\r\n`;
    expect(await importing(temporary, 'new.csv', csv)).toMatchObject({ added: 2, problems: [], ids: ['a', 'b'] });
    expect(await temporary.store.notifications.find('b')).toMatchObject({
      name: 'The b',
      params: { days: 3 },
      workspaceId: 'sandbox',
      due: { nextDueAt: '2026-11-24T00:00:00.000Z' },
    });
  });

  const WRONG = [
    HEADER,
    good('a'),
    'b,acme,no-such-report,C0ACME,weekdays,,,,,',
    '',
    'c,acme,account-activity,C0ACME,,61 * * * *,,,,',
    good('a'),
    good('d').replace('C0ACME', 'general'),
    `${good('e')}nowhere`,
    ',acme,account-activity,C0ACME,weekdays,,,,,',
    good('f'),
  ].join('\n');

  test('names each wrong row by its line, and the others go in', async () => {
    await using temporary = await temporaryStore();
    const { problems, added, ids } = await importing(temporary, 'wrong.csv', WRONG);
    expect([added, ids]).toEqual([2, ['a', 'f']]);
    expect(problems.map(({ line, id }) => [line, id])).toEqual([
      [3, 'b'],
      [5, 'c'],
      [6, 'a'],
      [7, 'd'],
      [8, 'e'],
      [9, undefined],
    ]);
    const said = problems.map(({ message }) => message);
    expect(said[0]).toContain('there is no report "no-such-report". There is: delivery-digest');
    expect(said[1]).toContain('Cron "61 * * * *" is invalid');
    expect(said[2]).toContain('id "a" is in this file twice');
    expect(said[3]).toContain('channel: must be a channel id');
    expect(said[4]).toContain('workspace: there is no "nowhere"');
    expect(said[5]).toContain('id: must be');
  });

  test('adds nothing when a row is wrong and the import is strict', async () => {
    await using temporary = await temporaryStore();
    const { problems, added, ids } = await importing(temporary, 'wrong.csv', WRONG, { strict: true });
    expect([problems.length, added, ids]).toEqual([6, 0, []]);
  });

  test('can be imported again after a correction: what is there already is left alone', async () => {
    await using temporary = await temporaryStore();
    const weekly = 'w,acme,account-activity,C0ACME,,0 9 * * MON,UTC,,,';
    await importing(temporary, 'mine.csv', [HEADER, good('a'), weekly, good('b').replace('C0ACME', 'x')].join('\n'));
    const again = await importing(temporary, 'mine.csv', [HEADER, good('a'), weekly, good('b')].join('\n'), {
      now: new Date('2027-03-01T00:00:00Z'),
    });
    expect(again).toMatchObject({ added: 1, unchanged: 2, problems: [], ids: ['a', 'b', 'w'] });
    expect(nextDueOf(await temporary.store.notifications.find('w'))).toBe('2026-11-23T09:00:00.000Z');

    const changed = await importing(temporary, 'mine.csv', `${HEADER}\n${good('a').replace('acme', 'other')}`);
    expect(changed.problems).toMatchObject([{ line: 2, id: 'a', message: 'id "a" exists already, with other values' }]);
    expect((await temporary.store.notifications.find('a'))?.account).toBe('acme');
  });

  test('with a text over several lines is named by the line on which the row begins', async () => {
    await using temporary = await temporaryStore();
    const long = 'b,acme,account-activity,general,weekdays,,,,"one\ntwo\nthree",';
    const { problems } = await importing(
      temporary,
      'long.csv',
      [HEADER, long, good('c').replace('acme', '')].join('\n'),
    );
    expect(problems.map(({ line, id }) => [line, id])).toEqual([
      [2, 'b'],
      [5, 'c'],
    ]);
  });

  test('after a text over several lines the next rows still have their own lines', async () => {
    await using temporary = await temporaryStore();
    const long = 'b,acme,account-activity,C0ACME,weekdays,,,,"one\ntwo\nthree",';
    const { problems } = await importing(
      temporary,
      'long.csv',
      [HEADER, long, good('c').replace('acme', '')].join('\n'),
    );
    expect(problems.map(({ line, id }) => [line, id])).toEqual([[5, 'c']]);
  });

  test('with a value too many, or an unknown column, is not guessed at', async () => {
    await using temporary = await temporaryStore();
    const unknown = await importing(temporary, 'unknown.csv', `${HEADER},color\n${good('a')},red`);
    expect(unknown).toMatchObject({
      added: 0,
      problems: [{ line: 2, message: expect.stringContaining('color') as string }],
    });
  });

  test.each([
    ['a quote that is never closed', `${HEADER}\n"a,acme`],
    ['a quote in the middle of a value', `${HEADER}\na,"b"c,d`],
  ])('with %s is one clear error', async (_, content) => {
    await using temporary = await temporaryStore();
    await expect(importing(temporary, 'broken.csv', content)).rejects.toMatchObject({
      code: 'malformed_file',
      message: expect.stringMatching(/Cannot read .*broken\.csv: .*line/) as string,
    });
    expect(await temporary.store.notifications.count()).toBe(0);
  });

  test.each([
    ['empty', ''],
    ['of a header only', `${HEADER}\n`],
  ])('that is %s adds nothing', async (_, content) => {
    await using temporary = await temporaryStore();
    expect(await importing(temporary, 'empty.csv', content)).toMatchObject({ added: 0, problems: [] });
  });
});

const row = (id: string, fields: object = {}) =>
  JSON.stringify({ id, account: 'acme', report: 'account-activity', channel: 'C0ACME', schedule: 's', ...fields });

describe('a JSON file', () => {
  test('names each wrong entry by the line it begins on, and the others go in', async () => {
    await using temporary = await temporaryStore();
    const json = `[\n${row('a')},\n{\n  "id": "b",\n  "account": "acme"\n}, "text",\n\n${row('c', { params: { days: 3 } })}, null]`;
    const { problems, added, ids } = await importing(temporary, 'some.json', json);
    expect([added, ids]).toEqual([2, ['a', 'c']]);
    expect(problems.map(({ line, id }) => [line, id])).toEqual([
      [3, 'b'],
      [6, undefined],
      [8, undefined],
    ]);
  });

  test('with the byte order mark of an editor goes in', async () => {
    await using temporary = await temporaryStore();
    expect(await importing(temporary, 'bom.json', `\uFEFF[${row('a')}]`)).toMatchObject({ added: 1, ids: ['a'] });
  });

  test.each([
    ['', /it is not JSON/],
    ['not json', /it is not JSON \(.* in line 1\)/],
    [`[\n${row('a')},\n]`, /it is not JSON \(.* in line 3\)/],
    [`[${row('a')}] // mine`, /it is not JSON/],
    [row('a'), /it holds no array of notifications/],
  ])('that is none is one clear error: %s', async (content, said) => {
    await using temporary = await temporaryStore();
    await expect(importing(temporary, 'broken.json', content)).rejects.toMatchObject({
      code: 'malformed_file',
      message: expect.stringMatching(said) as string,
    });
    expect(await temporary.store.notifications.count()).toBe(0);
  });

  test('with no entry adds nothing', async () => {
    await using temporary = await temporaryStore();
    expect(await importing(temporary, 'none.json', '[]')).toMatchObject({ added: 0, problems: [] });
  });
});

test('1,200 rows go in at once', async () => {
  await using temporary = await temporaryStore();
  const rows = Array.from({ length: 1_200 }, (_, index) => good(`n-${index}`));
  expect((await importing(temporary, 'many.csv', [HEADER, ...rows].join('\n'))).added).toBe(1_200);
});

test('a file that is not there, or of another kind, is one clear error', async () => {
  await using temporary = await temporaryStore();
  const options = { strict: false, now: new Date(), reports };
  const absent = join(temporary.folder, 'absent.csv');
  await expect(importNotifications(temporary.store, absent, options)).rejects.toMatchObject({
    code: 'unreadable_file',
    exitCode: 2,
  });
  await expect(importing(temporary, 'sheet.xlsx', '')).rejects.toMatchObject({ code: 'unknown_file_kind' });
});
