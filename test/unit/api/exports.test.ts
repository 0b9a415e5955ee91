import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** What programs import; their `.d.ts` have the comments that an editor shows. */
const ENTRIES = [
  'src/index.ts',
  'src/plugin.ts',
  'src/reports/index.ts',
  'src/sources/index.ts',
  'src/testing/index.ts',
  'src/workflows/index.ts',
  'sandbox/index.ts',
];
/** Modules whose objects are the groups of `slackReportsClient()`. */
const GROUPS = ['notifications', 'preview', 'runs', 'sends', 'deliveries'].map((name) => `src/client/${name}.ts`);

interface Export {
  entry: string;
  name: string;
  kind: string;
  comment: string;
}

const DECLARATION =
  /(?<comment>\/\*\*(?:(?!\*\/)[^])*\*\/\n)?^export (?:abstract |async )*(?<kind>class|const|function|interface|type) (?<name>\w+)/gm;
const FROM = /^export (?:type )?\{(?<names>[^}]*)\} from '(?<from>\.[^']+)';/gm;

/** The exports of a module, those that it passes on included. */
function exportsOf(entry: string, file = entry): Export[] {
  const text = readFileSync(file, 'utf8');
  const own = [...text.matchAll(DECLARATION)].map(({ groups }) => ({
    entry,
    name: groups?.['name'] ?? '',
    kind: groups?.['kind'] ?? '',
    comment: groups?.['comment'] ?? '',
  }));
  const passedOn = [...text.matchAll(FROM)].flatMap(({ groups }) => {
    const from = exportsOf(entry, join(dirname(file), groups?.['from'] ?? ''));
    const names = (groups?.['names'] ?? '').split(',').map((name) => name.trim().replace(/^type /, ''));
    return names
      .filter((name) => name !== '')
      .map((name) => {
        const [original = '', renamed = original] = name.split(' as ');
        const found = from.find((one) => one.name === original);
        if (found === undefined) throw new Error(`${file}: no declaration of ${original} was found`);
        return { ...found, name: renamed };
      });
  });
  // Of overloads the first is what an editor shows.
  return [...new Map([...passedOn, ...own].toReversed().map((one) => [one.name, one])).values()].toReversed();
}

function sentenceOf(comment: string): string {
  return comment
    .replaceAll(/^\s*(?:\/\*\*|\*\/|\*)/gm, '')
    .replaceAll('*/', '')
    .split('@')[0]!
    .trim();
}

const ALL = ENTRIES.flatMap((entry) => exportsOf(entry));

test('every public export says in a sentence what it is', () => {
  expect(ALL.length).toBeGreaterThan(100);
  const silent = ALL.filter(({ comment }) => !/\w{2,}.*\w{2,}/.test(sentenceOf(comment)));
  expect(silent.map(({ entry, name }) => `${entry} ${name}`)).toEqual([]);
});

test('every public function and class shows an example', () => {
  const functions = ALL.filter(({ kind }) => ['class', 'function'].includes(kind));
  expect(functions.length).toBeGreaterThan(40);
  const without = functions.filter(({ comment }) => !/@example|```/.test(comment));
  expect(without.map(({ entry, name }) => `${entry} ${name}`)).toEqual([]);
});

test('every method of the client says what it does, and shows an example', () => {
  const methods = GROUPS.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const returned = text.slice(text.search(/^ {2}return \{$/m));
    const body = returned.slice(0, returned.search(/^ {2}\};$/m));
    return [...body.matchAll(/(?<comment>\/\*\*(?:(?!\*\/)[^])*\*\/\n)?^ {4}(?:async )?(?<name>\w+)[(,:]/gm)].map(
      ({ groups }) => ({ name: `${file} ${groups?.['name']}`, comment: groups?.['comment'] ?? '' }),
    );
  });
  expect(methods.length).toBeGreaterThan(30);
  const without = methods.filter(({ comment }) => sentenceOf(comment) === '' || !comment.includes('@example'));
  expect(without.map(({ name }) => name)).toEqual([]);
});
