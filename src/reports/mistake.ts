import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../lib/errors.ts';

/**
 * Throw it in `load` or `render` if trying again cannot help: the account does not exist, or the parameters ask for what there is
 * not. The delivery fails at once with `report_impossible`; any other error of `load` is tried again.
 * @example throw new ReportImpossible(`There is no account "${account}"`);
 */
export class ReportImpossible extends Error {
  override readonly name: string = 'ReportImpossible';
}

/** A line of a file of an author. */
export interface Place {
  file: string;
  line: number;
}

/**
 * The report itself is wrong: it fails the same way each time, until its file is changed. The message has the file and the line,
 * what was expected, and how to fix it.
 * @example if (error instanceof ReportMistake) console.error(error.message);
 */
export class ReportMistake extends ReportImpossible {
  override readonly name = 'ReportMistake';
  /** What is wrong and what was expected, with its place: "my-reports/orders.ts:12: `render` gave nothing, expected …". */
  readonly problem: string;
  /** What to change. */
  readonly fix: string;

  /** Without `place` it is where the author's code called, by the stack. */
  constructor(problem: string, fix: string, options: { place?: Place | undefined; cause?: unknown } = {}) {
    super(problem, options.cause === undefined ? undefined : { cause: options.cause });
    const place = options.place ?? placeOf(deepStack(this));
    this.problem = place === undefined ? problem : `${placeText(place)}: ${problem}`;
    this.fix = fix;
    this.message = `${this.problem}. ${sentence(fix)} This is final until the report is changed`;
  }
}

/** A fix as a sentence: with a full stop unless it is a question. */
export function sentence(fix: string): string {
  return fix.endsWith('?') ? fix : `${fix}.`;
}

/** Between an author's line and what refuses it are more frames of ours than the ten that V8 keeps. */
const FRAMES_MAX = 50;

/** Errors that are thrown in `work` have a stack that reaches the author's line. */
export function withDeepStacks<Result>(work: () => Result): Result {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES_MAX;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function deepStack(error: Error): string | undefined {
  withDeepStacks(() => Error.captureStackTrace(error));
  return error.stack;
}

/** Our own code: the sources of a clone, or what was built of them. The built-in reports are written like those of authors. */
const OURS = /^.*\/(?:src|dist)\//.exec(import.meta.url)?.[0] ?? import.meta.url;
const BUILT_IN = `${OURS}reports/built-in/`;

/** The first line of a stack, or of a syntax error, that leads neither to us nor to Node nor to a package. */
export function placeOf(stack: string | undefined): Place | undefined {
  return placesIn(stack)[0];
}

/** The place where an error was thrown, if that was in a file of an author; not the one that called what threw it. */
export function thrownAt(error: unknown): Place | undefined {
  const [first] = stackOf(error).matchAll(FRAME);
  return first === undefined ? undefined : placesIn(first[0])[0];
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '') : '';
}

/** "my-reports/orders.ts:12", from the working directory where the file is below it. */
export function placeText({ file, line }: Place): string {
  const path = relative('', file);
  return `${path.startsWith('..') ? file : path}:${line}`;
}

/** What an error says, and where in an author's file it came from: "no such table: ordres (my-reports/orders.ts:14)". */
export function messageWithPlace(error: unknown): string {
  const message = messageOf(error);
  const place = placeOf(stackOf(error));
  return place === undefined || message.includes(placeText(place)) ? message : `${message} (${placeText(place)})`;
}

/** The line below `from` where a property begins: `render(…` or `params: …`; `from` itself where there is none. */
export function propertyAt(from: Place | undefined, ...path: readonly string[]): Place | undefined {
  if (from === undefined || !existsSync(from.file)) return from;
  const lines = readFileSync(from.file, 'utf8').split('\n');
  let line = from.line;
  for (const name of path) {
    const property = new RegExp(`(?:^|[\\s,{.])${name}\\s*(?:[:(,}]|$)`);
    const found = lines.findIndex((text, index) => index >= line - 1 && property.test(text));
    if (found === -1) break;
    line = found + 1;
  }
  return { file: from.file, line };
}

/** `at load (file:///my-reports/orders.ts:12:7)`, or the head of a syntax error: `/my-reports/orders.ts:12`. */
const FRAME = /(?:^|\(|at (?:async )?)((?:file:\/\/)?\/[^\n()]*?):(\d+)(?::\d+)?\)?$/gm;

function placesIn(stack: string | undefined): Place[] {
  return [...(stack ?? '').matchAll(FRAME)].flatMap(([, path = '', line]) => {
    const url = path.startsWith('file:') ? path : `file://${path}`;
    const isOurs = url.startsWith(OURS) && !url.startsWith(BUILT_IN);
    if (isOurs || url.includes('/node_modules/')) return [];
    return [{ file: path.startsWith('file:') ? fileURLToPath(url) : path, line: Number(line) }];
  });
}

/** For people: "nothing", "an array", "the text "x"". */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (isPromise(value)) return 'a promise';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a Date';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return `the text ${quoted(value)}`;
  return typeof value === 'symbol' ? 'a symbol' : `the ${typeof value} ${value as number}`;
}

const QUOTED_MAX = 40;

export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : kindOf(value);
  return `"${text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX - 1)}…` : text}"`;
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function')
  );
}
