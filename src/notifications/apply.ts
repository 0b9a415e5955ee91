import type { NewNotification, OwnRecurrence } from '../domain/notification.ts';
import { UserError } from '../lib/errors.ts';
import type { Reports } from '../reports/registry.ts';
import { type Applied, assertMayDeclare, batches } from '../store/notifications.ts';
import type { StoredNotification } from '../store/notification-rows.ts';
import type { Store } from '../store/open.ts';
import { type Difference, differences } from './differences.ts';
import { idOf, problemText, readRows } from './file.ts';
import { parseNotification } from './input.ts';
import { keepingAnchor, parseTimes } from './times.ts';

/** Which notifications a file declares, unless it is given another one. */
export const DEFAULT_SCOPE = 'default';

/** The differences between what is declared and what is stored. */
export interface ApplyPlan {
  scope: string;
  added: NewNotification[];
  changed: { notification: NewNotification; differences: Difference[] }[];
  /** Ids of notifications of the scope that are not declared. */
  extra: string[];
  unchanged: number;
}

/** A file, or the same rows from a program. */
export type DeclaredRows = { file: string } | { rows: readonly unknown[] };

/** Wrong rows named in one error; more are counted. */
const NAMED_MAX = 20;

/** Throws a UserError for what cannot be a scope. */
function checkScope(scope: string): string {
  if (/^[a-z0-9][a-z0-9.:-]{0,49}$/i.test(scope)) return scope;
  throw UserError.input(
    'invalid_scope',
    `The scope "${scope.slice(0, 60)}" is not 1 to 50 letters, digits, ".", ":" or "-"`,
  );
}

interface Settings {
  scope?: string | undefined;
  now: Date;
  reports: Reports;
  /** Puts the id of a channel in the place of its name. */
  resolve?: ((row: unknown) => Promise<unknown>) | undefined;
}

/**
 * Compares what is declared with the store, and changes nothing. Throws one UserError that names the wrong rows, up to 20 of
 * them: one wrong row refuses all.
 */
export async function planOf(
  store: Store,
  declared: DeclaredRows,
  { scope = DEFAULT_SCOPE, now, reports, resolve }: Settings,
): Promise<ApplyPlan> {
  checkScope(scope);
  const workspaces = new Set((await store.workspaces.list()).map(({ id }) => id));
  const places = new Map<string, string>();
  const plan: ApplyPlan = { scope, added: [], changed: [], extra: [], unchanged: 0 };
  const wrong = problems();
  const readTimes = rememberedTimes();
  for (const batch of batches(rowsOf(declared))) {
    const resolved =
      resolve === undefined ? undefined : await Promise.all(batch.map(({ value }) => settled(resolve(value))));
    const parsed = batch.flatMap(({ place, value }, at) =>
      wrong.of(place, value, () => {
        const row = resolved?.[at]?.() ?? value;
        const notification = { ...parseNotification(row, now, reports, readTimes), scope };
        const { id, workspaceId } = notification;
        const first = places.get(id);
        if (first !== undefined) throw invalid(`id "${id}" is declared twice, first in ${first}`);
        places.set(id, place);
        if (!workspaces.has(workspaceId)) throw invalid(`workspace: there is no "${workspaceId}"`);
        return { notification, row: value };
      }),
    );
    const stored = await store.notifications.stored(parsed.map(({ notification: { id } }) => id));
    for (const { notification, row } of parsed) {
      const { id } = notification;
      const there = stored.get(id);
      wrong.of(places.get(id) ?? '', notification, () => {
        assertMayDeclare(scope, id, there);
        const isReadable = there?.kind === 'readable';
        compare(plan, isReadable ? keepingAnchor(there.notification, notification, row) : notification, there);
      });
    }
  }
  wrong.refuse();
  plan.extra = (await store.notifications.inScope(scope)).filter((id) => !places.has(id));
  return plan;
}

/** Times remembered: a file has far fewer than notifications. */
const TIMES_MAX = 10_000;

/** `parseTimes`, which works out equal times once. */
function rememberedTimes(): typeof parseTimes {
  const known = new Map<string, OwnRecurrence | undefined>();
  return (times, now) => {
    const { cron, every, nth_day, step, anchor, timezone, start, end, skip, dst_gap, catch_up, missed } = times;
    const rule = [cron, every, nth_day, step, anchor, timezone, start, end, skip];
    const key = JSON.stringify([...rule, dst_gap, catch_up, missed]);
    if (known.has(key)) return known.get(key);
    const read = parseTimes(times, now);
    if (known.size >= TIMES_MAX) known.clear();
    known.set(key, read);
    return read;
  };
}

function compare(plan: ApplyPlan, notification: NewNotification, there: StoredNotification | undefined): void {
  if (there === undefined) return void plan.added.push(notification);
  const found =
    there.kind === 'readable'
      ? differences(there.notification, notification)
      : [{ setting: 'stored row', old: `cannot be read: ${there.reason}`, new: 'as declared' }];
  if (found.length > 0) plan.changed.push({ notification, differences: found });
  else plan.unchanged += 1;
}

/**
 * Makes the plan true, all of it or nothing, and removes those of `extra` that are named in `removed`. Others may have applied
 * the same meanwhile: what is true already is left alone. Returns what it changed.
 */
export async function carryOut(
  store: Store,
  { scope, added, changed }: ApplyPlan,
  removed: readonly string[],
  now: Date,
): Promise<Applied> {
  return store.notifications.apply({
    scope,
    declared: [...added, ...changed.map(({ notification }) => notification)],
    removed,
    isSame: (stored, declared) => differences(stored, declared).length === 0,
    now,
  });
}

/** Gives the value, or throws what went wrong, when it is called. */
async function settled<Value>(promise: Promise<Value>): Promise<() => Value> {
  try {
    const value = await promise;
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function rowsOf(declared: DeclaredRows): { place: string; value: unknown }[] {
  if ('file' in declared) {
    return readRows(declared.file).map(({ line, value }) => ({ place: `${declared.file}:${line}`, value }));
  }
  return declared.rows.map((value, index) => ({ place: `row ${index + 1}`, value }));
}

/** Gathers what is wrong with rows. */
function problems() {
  const named: string[] = [];
  let count = 0;
  return {
    /** What `read` returns; nothing where it throws a UserError, which is noted. */
    of<Value>(place: string, row: unknown, read: () => Value): Value[] {
      try {
        return [read()];
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        count += 1;
        const id = idOf(row);
        if (named.length < NAMED_MAX) {
          named.push(`${place}: ${id === undefined ? '' : `${id}: `}${problemText(error)}`);
        }
        return [];
      }
    },
    refuse(): void {
      if (count === 0) return;
      const more = count > named.length ? [`and ${count - named.length} more`] : [];
      throw UserError.input('invalid_notifications', ['Nothing was applied', ...named, ...more].join('\n  '), {
        hint: 'Correct these rows and apply again: one wrong row keeps all of them out.',
      });
    },
  };
}

function invalid(message: string): UserError {
  return UserError.input('invalid_notification', message);
}
