import type { NewNotification } from '../domain/notification.ts';
import { UserError } from '../lib/errors.ts';
import { isSameInFile } from './differences.ts';
import { keepingAnchor } from './times.ts';
import { idOf, problemText, readRows } from './file.ts';
import { parseNotification } from './input.ts';
import type { Reports } from '../reports/registry.ts';
import type { Store } from '../store/open.ts';

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

interface ImportSettings {
  strict: boolean;
  now: Date;
  reports: Reports;
  /** Puts the id of a channel in the place of its name. */
  resolve?: (row: unknown) => Promise<unknown>;
}

async function asWritten(row: unknown): Promise<unknown> {
  return row;
}

/**
 * Imports notifications from a `.csv`, `.json` or `.yaml` file. The result names wrong rows; the others are added in one transaction. With `strict`, one wrong row keeps them all out.
 * Throws a UserError if the file cannot be read.
 */
export async function importNotifications(
  store: Store,
  file: string,
  { strict, now, reports, resolve = asWritten }: ImportSettings,
): Promise<ImportResult> {
  const rows = readRows(file);
  const workspaces = new Set((await store.workspaces.list()).map((workspace) => workspace.id));
  const problems: ImportProblem[] = [];
  const fresh = new Map<string, NewNotification>();
  let unchanged = 0;

  for (const row of rows) {
    try {
      const notification = parseNotification(await resolve(row.value), now, reports);
      if (fresh.has(notification.id)) throw conflict(`id "${notification.id}" is in this file twice`);
      if (!workspaces.has(notification.workspaceId))
        throw conflict(`workspace: there is no "${notification.workspaceId}"`);
      const existing = await store.notifications.find(notification.id);
      if (existing === undefined) fresh.set(notification.id, notification);
      else if (isSameInFile(existing, keepingAnchor(existing, notification, row.value))) unchanged += 1;
      else throw conflict(`id "${notification.id}" exists already, with other values`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push({ line: row.line, id: idOf(row.value), message: problemText(error) });
    }
  }

  if (strict && problems.length > 0) return { added: 0, unchanged, problems };
  await store.notifications.add([...fresh.values()]);
  return { added: fresh.size, unchanged, problems };
}

function conflict(message: string): UserError {
  return UserError.input('invalid_notification', message);
}
