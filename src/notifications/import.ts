import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse as parseCsv } from 'csv-parse/sync';
import { getNodeValue, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { NewNotification } from '../domain/notification.ts';
import { messageOf, UserError } from '../lib/errors.ts';
import { parseNotification } from './input.ts';
import type { Reports } from '../reports/registry.ts';
import type { Store } from '../store/open.ts';

/** One notification of a file, with the line it begins on. */
interface ImportRow {
  line: number;
  value: unknown;
}

interface ImportProblem {
  line: number;
  /** As written in the row; undefined if it has none. */
  id: string | undefined;
  message: string;
}

export interface ImportResult {
  added: number;
  /** Rows equal to what the store has: a corrected file can be imported again. */
  unchanged: number;
  problems: ImportProblem[];
}

/**
 * Imports notifications from a `.csv` file with a header line, or a `.json` file with an array. The result names wrong
 * rows; the others are added in one transaction. With `strict`, one wrong row keeps them all out.
 * Throws a UserError if the file cannot be read.
 */
export async function importNotifications(
  store: Store,
  file: string,
  { strict, now, reports }: { strict: boolean; now: Date; reports: Reports },
): Promise<ImportResult> {
  const rows = readRows(file);
  const workspaces = new Set((await store.workspaces.list()).map((workspace) => workspace.id));
  const problems: ImportProblem[] = [];
  const fresh = new Map<string, NewNotification>();
  let unchanged = 0;

  for (const row of rows) {
    try {
      const notification = parseNotification(row.value, now, reports);
      if (fresh.has(notification.id)) throw conflict(`id "${notification.id}" is in this file twice`);
      if (!workspaces.has(notification.workspaceId))
        throw conflict(`workspace: there is no "${notification.workspaceId}"`);
      const existing = await store.notifications.find(notification.id);
      if (existing === undefined) fresh.set(notification.id, notification);
      else if (sameNotification(existing, keepingAnchor(existing, notification, row.value))) unchanged += 1;
      else throw conflict(`id "${notification.id}" exists already, with other values`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const message = error.hint === undefined ? error.message : `${error.message.replace(/\.$/, '')}. ${error.hint}`;
      problems.push({ line: row.line, id: idOf(row.value), message });
    }
  }

  if (strict && problems.length > 0) return { added: 0, unchanged, problems };
  await store.notifications.add([...fresh.values()]);
  return { added: fresh.size, unchanged, problems };
}

function readRows(file: string): ImportRow[] {
  const text = readText(file);
  const kind = extname(file).toLowerCase();
  if (kind === '.csv') return readCsv(file, text);
  if (kind === '.json') return readJson(file, text);
  throw UserError.input('unknown_file_kind', `Cannot import ${file}: only .csv and .json files are understood`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw UserError.input('unreadable_file', `Cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

interface CsvEntry {
  record: Record<string, string>;
  /** The row as it stands in the file. */
  raw: string;
  /** The line on which it ends. */
  info: { lines: number };
}

function readCsv(file: string, text: string): ImportRow[] {
  try {
    const records = parseCsv(text, {
      columns: true,
      info: true,
      raw: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    });
    return (records as unknown as CsvEntry[]).map(({ record, raw, info }) => ({
      line: info.lines - (raw.trim().match(/\r\n|\n|\r/g)?.length ?? 0),
      value: record,
    }));
  } catch (error) {
    throw UserError.input('malformed_file', `Cannot import ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function readJson(file: string, text: string): ImportRow[] {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  if (first !== undefined) {
    const what = `${printParseErrorCode(first.error)} in line ${lineAt(text, first.offset)}`;
    throw UserError.input('malformed_file', `Cannot import ${file}: it is not JSON (${what})`);
  }
  if (root?.type !== 'array') {
    throw UserError.input('malformed_file', `Cannot import ${file}: it holds no array of notifications`);
  }
  return (root.children ?? []).map((node) => ({
    line: lineAt(text, node.offset),
    value: getNodeValue(node) as unknown,
  }));
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function idOf(value: unknown): string | undefined {
  const id = (value as { id?: unknown } | null)?.id;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** Equal in everything that a file can say. */
function sameNotification(existing: NewNotification, imported: NewNotification): boolean {
  return isDeepStrictEqual(fileFields(existing), fileFields(imported));
}

/** A row that names no date to count from counted from the next one when it was added, and still does. */
function keepingAnchor(existing: NewNotification, imported: NewNotification, row: unknown): NewNotification {
  const named = typeof row === 'object' && row !== null && 'anchor' in row && row.anchor !== '';
  const [before, due] = [existing.due, imported.due];
  if (named || before.kind !== 'recurrence' || due.kind !== 'recurrence' || !before.step || !due.step) return imported;
  return { ...imported, due: { ...due, step: { ...due.step, anchorOn: before.step.anchorOn } } };
}

/** Without when it is due next, which moves with time, and its pause, which is not in a file. */
function fileFields({ id, name, account, report, params, workspaceId, channel, ...rest }: NewNotification) {
  const { due, spreadWindowS, locale, tags, enabled } = rest;
  const fixedDue = due.kind === 'recurrence' ? { ...due, nextDueAt: undefined } : due;
  return [id, name, account, report, params, workspaceId, channel, fixedDue, spreadWindowS, locale, tags, enabled];
}

function conflict(message: string): UserError {
  return UserError.input('invalid_notification', message);
}
