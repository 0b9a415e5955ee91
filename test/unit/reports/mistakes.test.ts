import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineReport } from '../../../src/reports/define.ts';
import { CONTEXT } from '../../support/showing-report.ts';
import type { Tried } from '../../support/try-reports.ts';

interface Mistake {
  /** What the author did. */
  name: string;
  source: string;
  /** The line that the error names. */
  line: number;
  problem: RegExp;
  fix: RegExp;
  /** `mjs` for JavaScript. */
  ending?: 'ts' | 'mjs';
}

const IMPORT = `import { date, defineReport, divider, header, mrkdwn, rawBlock, section, skip, table, z } from 'slack-reports/reports';`;

/** A report of ten lines, where `lines` stand in place of its own, by the property that they begin with. */
function written(lines: {
  name?: string;
  description?: string;
  params?: string;
  load?: string;
  render?: string[];
}): string {
  const own = {
    name: "name: 'orders',",
    description: "description: 'Orders',",
    params: 'params: z.object({}),',
    load: 'load: async () => [1, 2],',
    render: ["render: () => ({ text: 'x', blocks: [] }),"],
    ...lines,
  };
  const { name, description, params, load, render } = own;
  return [IMPORT, '', 'export default defineReport({', name, description, params, load, ...render, '});', ''].join(
    '\n',
  );
}

const returns = (draft: string) => written({ render: ['render(rows) {', `  return ${draft};`, '},'] });

const MISTAKES: Mistake[] = [
  // The file
  {
    name: 'a syntax error',
    source: 'const a: number = 1;\nexport default {\n  name: ;\n};',
    line: 3,
    problem: /Expression expected/,
    fix: /Correct that line/,
  },
  {
    name: 'a syntax error in JavaScript',
    ending: 'mjs',
    source: "export default {\n  name: 'a'\n  load: 1,\n};",
    line: 3,
    problem: /Unexpected identifier/,
    fix: /Correct that line/,
  },
  {
    name: 'an enum',
    source: 'const a = 1;\n\nenum State { Open }\nexport default State;',
    line: 3,
    problem: /enum is not supported/,
    fix: /union of texts for an enum/,
  },
  {
    name: 'a module that is not there',
    source: `${IMPORT}\nimport { x } from './ordres.ts';\nexport default x;`,
    line: 2,
    problem: /Cannot find module/,
    fix: /Correct the path/,
  },
  {
    name: 'a package that is not there',
    source: `${IMPORT}\n\nimport x from 'lodahs';\nexport default x;`,
    line: 3,
    problem: /Cannot find package 'lodahs'/,
    fix: /npm install/,
  },
  {
    name: 'a function that we do not have',
    source: "import { tabel } from 'slack-reports/reports';\nexport default tabel;",
    line: 1,
    problem: /no|not provide an export named 'tabel'/,
    fix: /Did you mean table\?/,
  },
  {
    name: 'a type imported as a value',
    source: "import { Format } from 'slack-reports/reports';\nexport default 1 as unknown as Format;",
    line: 1,
    problem: /export named 'Format'/,
    fix: /import \{ type Format \}/,
  },
  {
    name: 'an error while it is loaded',
    source: "const a = 1;\n\nthrow new Error('no database');\nexport default a;",
    line: 3,
    problem: /no database/,
    fix: /Fix the file/,
  },
  {
    name: 'a report that is not exported',
    source: written({}).replace('export default ', 'const mine = '),
    line: 3,
    problem: /not exported/,
    fix: /export default defineReport/,
  },
  {
    name: 'a report without defineReport',
    source: `export default {\n  name: 'a',\n  load: () => 1, render: () => 1,\n};`,
    line: 3,
    problem: /not made by defineReport/,
    fix: /export default defineReport/,
  },
  // The definition
  {
    name: 'no name',
    source: written({ name: '' }),
    line: 3,
    problem: /The `name` of a report is nothing, expected 1 to 60/,
    fix: /name: 'open-orders'/,
  },
  {
    name: 'a name with a space',
    source: written({ name: "name: 'My orders'," }),
    line: 4,
    problem: /`name` of a report is the text "My orders", expected/,
    fix: /open-orders/,
  },
  {
    name: 'no description',
    source: written({ description: '' }),
    line: 3,
    problem: /`description` is nothing, expected a line of text/,
    fix: /report list/,
  },
  {
    name: 'params that are no schema',
    source: written({ params: 'params: { days: 7 },' }),
    line: 6,
    problem: /`params` is an object, expected a zod schema/,
    fix: /z\.strictObject/,
  },
  {
    name: 'params of one text',
    source: written({ params: 'params: z.string(),' }),
    line: 6,
    problem: /`params` is a schema for string, expected one for an object/,
    fix: /z\.strictObject/,
  },
  {
    name: 'no load',
    source: written({ load: '' }),
    line: 3,
    problem: /`load` is nothing, expected a function/,
    fix: /async load\(/,
  },
  {
    name: 'a property with a slip',
    source: written({ render: ["rendre: () => ({ text: 'x', blocks: [] }),"] }),
    line: 8,
    problem: /unknown property "rendre"/,
    fix: /Did you mean render\?/,
  },
  {
    name: 'a word that one language lacks',
    source: written({ description: "description: 'x', words: { en: { a: 'b', c: 'd' },\n  de: { a: 'b' } }," }),
    line: 5,
    problem: /`words` has "c" not in "de"/,
    fix: /Add it there/,
  },
  {
    name: 'a language that is none of ours',
    source: written({ description: "description: 'x', language: 'klingon'," }),
    line: 5,
    problem: /`language` is the text "klingon"/,
    fix: /en, de, fr, es, ja/,
  },
  // load
  {
    name: 'an await that is missing',
    source: written({ load: 'load: async () => ({ orders: Promise.resolve([]) }),' }),
    line: 7,
    problem: /promise in `orders`/,
    fix: /`await`/,
  },
  {
    name: 'a name that load does not know',
    source: written({ load: 'load: async () => orders,' }),
    line: 7,
    problem: /`load`.*orders is not defined/,
    fix: /import it/,
  },
  {
    name: 'a load without return',
    source: written({
      load: 'load: async () => { [1] },',
      render: ['render: (rows) => ({', '  text: rows.length, blocks: [],', '}),'],
    }),
    line: 9,
    problem: /Cannot read properties of undefined/,
    fix: /`load` gave nothing: does it lack a `return`/,
  },
  // render
  {
    name: 'an error in render',
    source: written({ render: ['render: (rows) => ({', '  text: rows.total.toFixed(2), blocks: [],', '}),'] }),
    line: 9,
    problem: /Report "orders" cannot be rendered: Cannot read properties of undefined/,
    fix: /Correct that line/,
  },
  {
    name: 'a render without return',
    source: written({ render: ['render(rows) {', "  ({ text: 'x', blocks: [] });", '},'] }),
    line: 8,
    problem: /gave nothing, expected \{ text, blocks \}/,
    fix: /return \{ text/,
  },
  {
    name: 'a render that is async',
    source: written({ render: ["render: async () => { throw new Error('x') },"] }),
    line: 8,
    problem: /is async, expected/,
    fix: /in `load`/,
  },
  {
    name: 'skip without its call',
    source: returns('skip'),
    line: 8,
    problem: /gave a function/,
    fix: /return skip\('…'\)/,
  },
  {
    name: 'a text alone',
    source: returns("'Hello'"),
    line: 8,
    problem: /gave the text "Hello", expected/,
    fix: /return \{ text/,
  },
  {
    name: 'blocks alone',
    source: returns("[header('x')]"),
    line: 8,
    problem: /gave an array, expected/,
    fix: /return \{ text/,
  },
  {
    name: 'no text',
    source: returns("{ blocks: [header('x')] }"),
    line: 8,
    problem: /gave no `text`/,
    fix: /`text: …`/,
  },
  {
    name: 'an object as the text',
    source: returns("{ text: rawBlock({ type: 'x' }), blocks: [] }"),
    line: 9,
    problem: /gave an object as `text`/,
    fix: /mrkdwn/,
  },
  {
    name: 'blocks that are no array',
    source: returns("{ text: 'x', blocks: header('x') }"),
    line: 9,
    problem: /gave an object as `blocks`, expected an array/,
    fix: /blocks: \[/,
  },
  {
    name: 'a slip in blocks',
    source: returns("{ text: 'x', block: [header('x')] }"),
    line: 9,
    problem: /gave nothing as `blocks`/,
    fix: /Write `blocks: \[…\]` in place of `block`/,
  },
  {
    name: 'blocks that are not spread',
    source: returns("{ text: 'x', blocks: [header('x'), rows.map(section)] }"),
    line: 9,
    problem: /gave an array as block 2/,
    fix: /\.\.\.rows\.map/,
  },
  {
    name: 'a condition that is a number',
    source: returns("{ text: 'x', blocks: [[].length && divider()] }"),
    line: 9,
    problem: /gave the number 0 as block 1/,
    fix: /> 0 &&/,
  },
  {
    name: 'a text among blocks',
    source: returns("{ text: 'x', blocks: ['Hello'] }"),
    line: 9,
    problem: /gave the text "Hello" as block 1/,
    fix: /section\(/,
  },
  {
    name: 'a block that is not called',
    source: returns("{ text: 'x', blocks: [divider] }"),
    line: 9,
    problem: /gave a function as block 1/,
    fix: /Call it/,
  },
  {
    name: 'a thread without text',
    source: returns("{ text: 'x', blocks: [], thread: [{ blocks: [] }] }"),
    line: 9,
    problem: /as post 1 of `thread`, no `text`/,
    fix: /`text: …`/,
  },
  {
    name: 'a thread that is no array',
    source: returns("{ text: 'x', blocks: [], thread: { text: 'y' } }"),
    line: 9,
    problem: /gave an object as `thread`/,
    fix: /thread: \[/,
  },
  {
    name: 'a file that is a text',
    source: returns("{ text: 'x', blocks: [], files: [{ name: 'a.csv', content: 'a,b' }] }"),
    line: 9,
    problem: /as `content` of file "a\.csv"/,
    fix: /csv\(columns, rows\)/,
  },
  // What is shown
  {
    name: 'a currency that is none',
    source: returns(
      "{ text: 'x', blocks: [table([{ header: 'Total', format: 'currency', currency: 'Euro' }], [[1]])] }",
    ),
    line: 9,
    problem: /Invalid currency code/,
    fix: /ISO 4217: `currency: 'EUR'`/,
  },
  {
    name: 'an object in a text',
    source: returns("{ text: 'x', blocks: [section({ name: 'Acme' })] }"),
    line: 9,
    problem: /A text of a block is an object, expected a text or a number/,
    fix: /property/,
  },
  {
    name: 'a Date in a text',
    source: returns("{ text: 'x', blocks: [section(mrkdwn`Since ${new Date()}`)] }"),
    line: 9,
    problem: /A text of a block is a Date/,
    fix: /format\.dateTime/,
  },
  {
    name: 'an object in a cell',
    source: returns("{ text: 'x', blocks: [table(['Name'], [[{ name: 'Acme' }]])] }"),
    line: 9,
    problem: /is an object, expected/,
    fix: /property/,
  },
  {
    name: 'rows that are objects',
    source: returns("{ text: 'x', blocks: [table(['Name'], [{ name: 'Acme' }])] }"),
    line: 9,
    problem: /row 1 of a table is an object, expected an array of cells/i,
    fix: /\[row\.name/,
  },
  {
    name: 'a function that is not imported',
    source: returns("{ text: date(new Date(NaN)), blocks: [section(mrkdwn`${(0, mention)('x')}`)] }"),
    line: 9,
    problem: /mention is not defined/,
    fix: /import it/,
  },
];

const folder = mkdtempSync(join(tmpdir(), 'slack-reports-mistakes-'));
let tried: Tried[] = [];

beforeAll(async () => {
  const files = MISTAKES.map(({ source, ending = 'ts' }, at) => {
    const file = join(folder, `m${at}.${ending}`);
    writeFileSync(file, source);
    return file;
  });
  const script = join(import.meta.dirname, '../../support/try-reports.ts');
  const { stdout } = await execa(process.execPath, [script, ...files]);
  tried = JSON.parse(stdout) as Tried[];
  return () => rmSync(folder, { recursive: true });
});

describe('a mistake of an author is final, with its line, what was expected and the fix:', () => {
  test.each(MISTAKES.map((mistake, at) => ({ ...mistake, at })))(
    '$name',
    ({ at, line, problem, fix, ending = 'ts' }) => {
      expect(tried[at]).toEqual({
        problem: expect.stringMatching(problem),
        fix: expect.stringMatching(fix),
        isFinal: true,
      });
      expect(tried[at]?.problem).toContain(`m${at}.${ending}:${line}`);
      expect(tried[at]?.problem).not.toContain('[object Object]');
      expect(tried[at]?.fix).not.toMatch(/[?.]\.$/);
    },
  );
});

describe('load', () => {
  afterEach(() => vi.useRealTimers());

  test('that never ends is given up after two minutes, and may be tried again', async () => {
    vi.useFakeTimers();
    const report = defineReport({
      name: 'endless',
      description: 'Never ends',
      params: z.object({}),
      load: () => new Promise<string>(() => {}),
      render: (text) => ({ text, blocks: [] }),
    });
    const made = expect(report.make(CONTEXT, {} as never)).rejects.toThrow(
      /^it took longer than 2 minutes \(test\/unit\/reports\/mistakes\.test\.ts:\d+\)$/,
    );
    await vi.advanceTimersByTimeAsync(120_000);
    await made;
  });
});
