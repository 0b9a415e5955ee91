import { didYouMean, similar } from '../lib/similar.ts';
import { Mrkdwn } from './blocks/text.ts';
import { LANGUAGES, wordsMistake } from './blocks/words.ts';
import { isPromise, kindOf, type Place, propertyAt, quoted, ReportMistake } from './mistake.ts';

/** Part of file names and of commands. */
export const REPORT_NAME = /^[a-z0-9][a-z0-9-]{0,59}$/;

const PROPERTIES = ['name', 'description', 'params', 'footer', 'words', 'language', 'load', 'render'];
/** Parameters of a notification are an object: these schemas take none. */
const NO_OBJECTS = new Set(['string', 'number', 'int', 'boolean', 'bigint', 'array', 'tuple', 'date', 'null', 'enum']);

/** Where a report is written, and what it is called there. */
export interface Author {
  report: string;
  place: Place | undefined;
}

/** Refuses a definition that TypeScript would refuse, for authors who do not run it. Throws a ReportMistake. */
export function checkDefinition(definition: object, place: Place | undefined): void {
  const given = definition as Readonly<Record<string, unknown>>;
  const refuse = (property: string, problem: string, fix: string) =>
    new ReportMistake(problem, fix, { place: propertyAt(place, property) });
  const { name, description, params, footer } = given;
  if (typeof name !== 'string' || !REPORT_NAME.test(name)) {
    throw refuse(
      'name',
      `The \`name\` of a report is ${kindOf(name)}, expected 1 to 60 characters of a-z, 0-9 and "-"`,
      "Write it like `name: 'open-orders'`",
    );
  }
  for (const key of Object.keys(given).filter((one) => !PROPERTIES.includes(one))) {
    const problem = `Report "${name}" has the unknown property ${quoted(key)}`;
    throw refuse(key, problem, didYouMean(key, PROPERTIES) ?? `It takes ${PROPERTIES.join(', ')}`);
  }
  if (typeof description !== 'string' || description.trim() === '') {
    const problem = `Report "${name}": \`description\` is ${kindOf(description)}, expected a line of text`;
    throw refuse('description', problem, 'Say in one line what the report shows, for `slack-reports report list`');
  }
  checkParams(params, (problem, fix) => refuse('params', `Report "${name}": ${problem}`, fix));
  if (footer !== undefined && typeof footer !== 'boolean') {
    throw refuse('footer', `Report "${name}": \`footer\` is ${kindOf(footer)}, expected true or false`, 'Write false');
  }
  checkLanguages(given, (property, problem, fix) => refuse(property, `Report "${name}": ${problem}`, fix));
  for (const property of ['load', 'render'] as const) {
    if (typeof given[property] === 'function') continue;
    const problem = `Report "${name}": \`${property}\` is ${kindOf(given[property])}, expected a function`;
    throw refuse(property, problem, FUNCTIONS[property]);
  }
}

const FUNCTIONS = {
  load: 'Write `async load({ account, params }, { database }) { … return data; }`',
  render: 'Write `render(data, { format }) { return { text: …, blocks: […] }; }`',
};

function checkLanguages(
  { words, language }: Readonly<Record<string, unknown>>,
  refuse: (property: string, problem: string, fix: string) => ReportMistake,
): void {
  if (language !== undefined && !LANGUAGES.includes(language as string)) {
    const problem = `\`language\` is ${kindOf(language)}, expected a language that our own words are in`;
    throw refuse('language', problem, `Write one of ${LANGUAGES.join(', ')}`);
  }
  if (words === undefined) return;
  if (language !== undefined) {
    throw refuse('language', 'it has `words` and `language`, expected one of them', 'Take `language` out');
  }
  const mistake = wordsMistake(words);
  if (mistake !== undefined) throw refuse(mistake.word ?? 'words', mistake.problem, mistake.fix);
}

function checkParams(params: unknown, refuse: (problem: string, fix: string) => ReportMistake): void {
  const example = 'Write `params: z.strictObject({ days: z.number().default(7) })`, with z from slack-reports/reports';
  const internals = isObject(params) ? params['_zod'] : undefined;
  if (!isObject(internals)) {
    const isOld = isObject(params) && '_def' in params;
    const is = isOld ? 'a schema of zod 3' : kindOf(params);
    throw refuse(`\`params\` is ${is}, expected a zod schema`, example);
  }
  const { type } = (internals['def'] ?? {}) as { type?: string };
  if (type !== undefined && NO_OBJECTS.has(type)) {
    throw refuse(`\`params\` is a schema for ${type}, expected one for an object`, example);
  }
}

/** Refuses data with a promise in it, which `render` cannot await. Throws a ReportMistake. */
export function checkData(data: unknown, { report, place }: Author): void {
  const parts: [string, unknown][] = Array.isArray(data)
    ? data.slice(0, PARTS_MAX).map((value, index) => [`[${index}]`, value])
    : isObject(data)
      ? Object.entries(data).slice(0, PARTS_MAX)
      : [];
  const pending = parts.filter(([, value]) => isPromise(value));
  const [first] = pending;
  if (first === undefined) return;
  for (const [, value] of pending) settle(value);
  const problem = `\`load\` of report "${report}" gave a promise in \`${first[0]}\`, expected what it resolves to`;
  throw new ReportMistake(problem, 'Write `await` before it', { place: propertyAt(place, 'load', first[0]) });
}

/** Looked at for promises: a row of data is not made of thousands of them by mistake. */
const PARTS_MAX = 100;

/** Refuses what is no draft of a message. Throws a ReportMistake. */
export function checkDraft(draft: unknown, { report, place }: Author): void {
  const refuse = (problem: string, fix: string, ...path: string[]) =>
    new ReportMistake(`\`render\` of report "${report}" ${problem}`, fix, {
      place: propertyAt(place, 'render', ...path),
    });
  if (isPromise(draft)) {
    settle(draft);
    throw refuse(
      'is async, expected { text, blocks }',
      'Do what has to be awaited in `load`, and take `async` away here',
    );
  }
  if (typeof draft === 'function') {
    throw refuse('gave a function, expected { text, blocks }', "To say nothing, write `return skip('…')`");
  }
  const isMissing = draft === undefined || draft === null;
  const returned = 'Write `return { text: …, blocks: […] }`';
  if (isMissing) {
    throw refuse('gave nothing, expected { text, blocks }', `${returned}; to send nothing, \`return skip('…')\``);
  }
  if (!isObject(draft)) throw refuse(`gave ${kindOf(draft)}, expected { text, blocks }`, returned);
  checkPost(draft, 'gave', refuse);
  for (const [index, post] of listed(draft, 'thread', refuse).entries()) {
    if (isLeftOut(post)) continue;
    if (!isObject(post)) {
      const problem = `gave ${kindOf(post)} as post ${index + 1} of \`thread\`, expected { text, blocks }`;
      throw refuse(problem, 'Write `thread: [{ text: …, blocks: […] }]`', 'thread');
    }
    checkPost(post, `gave, as post ${index + 1} of \`thread\`,`, refuse, 'thread');
  }
  for (const file of listed(draft, 'files', refuse)) {
    if (!isLeftOut(file)) checkFile(file, refuse);
  }
}

type Refuse = (problem: string, fix: string, ...path: string[]) => ReportMistake;

function checkPost(post: Readonly<Record<string, unknown>>, gave: string, refuse: Refuse, ...path: string[]): void {
  const { text, blocks } = post;
  // A value that is missing in the data is shown as a dash, here as elsewhere.
  if (!('text' in post)) {
    throw refuse(
      `${gave} no \`text\`, expected what phones show`,
      'Say the main thing in one line: `text: …`',
      ...path,
    );
  }
  if (typeof text === 'object' && text !== null && !(text instanceof Mrkdwn)) {
    const problem = `${gave} ${kindOf(text)} as \`text\`, expected a text`;
    throw refuse(problem, 'Write a string, or mrkdwn`…`', ...path, 'text');
  }
  if (!Array.isArray(blocks)) {
    const [alike] = similar(
      'blocks',
      Object.keys(post).filter((key) => key !== 'blocks'),
    );
    const problem = `${gave} ${kindOf(blocks)} as \`blocks\`, expected an array of blocks`;
    const fix =
      alike === undefined
        ? 'Write `blocks: [header(…), section(…)]`'
        : `Write \`blocks: […]\` in place of \`${alike}\``;
    throw refuse(problem, fix, ...path, alike ?? 'blocks');
  }
  for (const [index, block] of blocks.entries()) checkBlock(block, `block ${index + 1}`, gave, refuse, ...path);
}

function checkBlock(block: unknown, which: string, gave: string, refuse: Refuse, ...path: string[]): void {
  if (isLeftOut(block)) return;
  const problem = `${gave} ${kindOf(block)} as ${which}, expected a block`;
  const at = [...path, 'blocks'];
  if (isPromise(block)) {
    settle(block);
    throw refuse(problem, 'Do what has to be awaited in `load`', ...at);
  }
  if (Array.isArray(block)) throw refuse(problem, 'Spread it: `...rows.map((row) => section(row))`', ...at);
  if (block === 0 || block === '') {
    throw refuse(problem, 'A condition has to be true or false: `rows.length > 0 && section(…)`', ...at);
  }
  if (block === true) throw refuse(problem, 'Write `&&` before the block: `isLate && section(…)`', ...at);
  if (typeof block === 'function') throw refuse(problem, 'Call it: `divider()`', ...at);
  if (!isObject(block)) throw refuse(problem, 'Put text into a block: `section(…)`', ...at);
  if (typeof block['type'] !== 'string') {
    throw refuse(problem, 'Make it by a block function, or give `rawBlock` one with a `type`', ...at);
  }
}

function checkFile(file: unknown, refuse: Refuse): void {
  const { name, content } = isObject(file) ? file : {};
  if (typeof name === 'string' && isObject(content) && typeof content['text'] === 'string') return;
  const problem =
    typeof name === 'string'
      ? `gave ${kindOf(content)} as \`content\` of file ${quoted(name)}, expected { text }`
      : 'gave a file without a `name`, expected { name, content: { text } }';
  throw refuse(problem, "Write `{ name: 'orders.csv', content: csv(columns, rows) }`", 'files');
}

/** An array that may be missing. */
function listed(draft: Readonly<Record<string, unknown>>, name: string, refuse: Refuse): readonly unknown[] {
  const value = draft[name];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value as unknown[];
  throw refuse(`gave ${kindOf(value)} as \`${name}\`, expected an array`, `Write \`${name}: […]\``, name);
}

function isLeftOut(value: unknown): boolean {
  return value === false || value === null || value === undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Its own failure is no news once the report is refused, and would end the process. */
function settle(promise: unknown): void {
  Promise.resolve(promise).catch(() => undefined);
}
