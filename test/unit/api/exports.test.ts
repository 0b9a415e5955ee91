import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ENTRIES, exportsOf, wordsOf } from '../../../scripts/public-api.ts';

const FILES = [...Object.values(ENTRIES).map((file) => `src/${file}.ts`), 'sandbox/index.ts'];
const ALL = FILES.flatMap((entry) => exportsOf(entry).map((one) => ({ ...one, entry })));
/** Modules whose objects are the groups of `slackReportsClient()`. */
const GROUPS = ['notifications', 'preview', 'runs', 'sends', 'deliveries'].map((name) => `src/client/${name}.ts`);

function sentenceOf(comment: string): string {
  return wordsOf(comment).split('@', 1)[0]!.trim();
}

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

test('the client names the type of each group, whose declaration has the comments', () => {
  // Of an inferred type TypeScript declares the methods again, without them.
  const [client] = exportsOf('src/client/index.ts').filter(({ name }) => name === 'slackReportsClient');
  expect(client?.text).toContain('): SlackReportsClient {');
});
