import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf, UserError } from '../lib/errors.ts';
import { didYouMean } from '../lib/similar.ts';
import { requireTrigger, SCHEDULE_ID, scheduleSchema, toSettings, zoneOf } from './input.ts';
import { DEFAULTS, type ScheduleSettings } from './settings.ts';

/** Where `schedule apply` looks unless told otherwise. */
export const SCHEDULES_FILE = 'schedules.yaml';

/** What a file declares: settings by id. */
export type Declared = ReadonlyMap<string, ScheduleSettings>;

interface Problem {
  line: number;
  message: string;
}

const KEYS = Object.keys(scheduleSchema('UTC').shape);

/** Not for a file: what people and time change, and `apply` keeps. */
const KEPT: Record<string, string> = {
  paused: 'pausing is for people and stays as it is: `slack-reports schedule pause`',
  note: 'a note is for people and stays as it is: `slack-reports schedule update --note`; here a comment does',
  'remaining-runs': 'it counts down on the server: `slack-reports schedule update --remaining-runs`, or give an `end`',
};

/** Reads a file of schedules. Throws one UserError that names every problem with its line. */
export function readSchedules(file: string): Declared {
  const text = readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = document.errors.map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    message,
  }));
  const declared = new Map<string, ScheduleSettings>();
  if (problems.length === 0) {
    const note = (path: PropertyKey[], message: string) => {
      const where = path.slice(1).filter((key) => typeof key === 'string');
      const line = lines.linePos(offsetOf(document, path)).line;
      problems.push({ line, message: where.length === 0 ? message : `${where.join('.')}: ${message}` });
    };
    readEntries(valuesOf(document, file), declared, note);
  }
  if (problems.length === 0) return declared;
  const listed = problems.toSorted((a, b) => a.line - b.line).map(({ line, message }) => `${file}:${line}: ${message}`);
  throw UserError.input('invalid_schedules', `Nothing was applied\n  ${listed.join('\n  ')}`);
}

/** @throws UserError where aliases of aliases would make it larger than any file of schedules is, or it is nested too deep. */
function valuesOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // ReferenceError of its limit on aliases, or RangeError of the stack.
    throw UserError.input('invalid_schedules', `${file} cannot be read: ${messageOf(error)}`, {
      hint: 'Write the schedules out, without anchors and aliases.',
      cause: error,
    });
  }
}

type Note = (path: PropertyKey[], message: string) => void;

function readEntries(root: unknown, declared: Map<string, ScheduleSettings>, note: Note): void {
  if (!isRecord(root) || !isRecord(root['schedules']))
    return note(['schedules'], 'the file needs a key `schedules`, with a schedule under each id');
  for (const key of Object.keys(root).filter((name) => name !== 'schedules'))
    note([key], `\`${key}\` is not known; all schedules stand under \`schedules\``);
  for (const [id, entry] of Object.entries(root['schedules'])) {
    const path = ['schedules', id];
    if (!SCHEDULE_ID.test(id)) note(path, 'an id is 1 to 100 letters, digits, ".", "_" or "-"');
    if (!isRecord(entry)) {
      note(path, 'needs settings below it, at least `cron` or `every`');
      continue;
    }
    const parsed = scheduleSchema(zoneOf(entry['timezone'], DEFAULTS.timezone)).safeParse(entry);
    if (parsed.success) declare(id, () => toSettings(parsed.data), declared, note);
    else for (const issue of parsed.error.issues) noteIssue(issue, path, note);
  }
}

function declare(
  id: string,
  read: () => Partial<ScheduleSettings>,
  declared: Map<string, ScheduleSettings>,
  note: Note,
) {
  try {
    const settings = read();
    requireTrigger(settings, id);
    declared.set(id, { ...DEFAULTS, ...settings });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    note(['schedules', id], `${error.message.replace(/\.$/, '')}. ${error.hint}`);
  }
}

function noteIssue(issue: z.core.$ZodIssue, path: PropertyKey[], note: Note): void {
  if (issue.code !== 'unrecognized_keys') return note([...path, ...issue.path], issue.message);
  for (const key of issue.keys)
    note([...path, key], KEPT[key] ?? `no such setting. ${didYouMean(key, KEYS) ?? `There are ${KEYS.join(', ')}.`}`);
}

/** Where a key of the document stands, or the nearest above it that does. */
function offsetOf({ contents }: Document, path: readonly PropertyKey[]): number {
  let node: unknown = contents;
  let offset = isNode(contents) ? (contents.range?.[0] ?? 0) : 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (pair === undefined) break;
      offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = (isNode(node) ? node.range?.[0] : undefined) ?? offset;
    }
  }
  return offset;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw UserError.input('unreadable_file', `Cannot read ${file}: ${messageOf(error)}`, {
      hint: `Name the file: \`slack-reports schedule apply path/to/${SCHEDULES_FILE}\`.`,
      cause: error,
    });
  }
}
