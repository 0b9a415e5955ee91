import { isDeepStrictEqual } from 'node:util';
import type { NewNotification } from '../domain/notification.ts';
import { inputOf } from './input.ts';

/** A field of a notification, as its column in a file is called, before and after. */
export interface Difference {
  setting: string;
  old: string;
  new: string;
}

/** Characters of a value that a difference shows. */
const SHOWN = 200;

/**
 * What a file would change of a stored notification. When it is due next and its pause are no part of a file.
 * @example differences(stored, declared) // [{ setting: 'channel', old: 'C0ACME', new: 'C0OTHER' }]
 */
export function differences(stored: NewNotification, declared: NewNotification): Difference[] {
  const [before, after] = [fieldsOf(stored), fieldsOf(declared)];
  const columns = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...columns]
    .filter((column) => !isDeepStrictEqual(before[column], after[column]))
    .map((column) => ({ setting: column, old: textOf(before[column]), new: textOf(after[column]) }));
}

/** True if a file that declares one says nothing else about the other. The scope of the file does not count. */
export function isSameInFile(stored: NewNotification, declared: NewNotification): boolean {
  return differences({ ...stored, scope: undefined }, { ...declared, scope: undefined }).length === 0;
}

function fieldsOf(notification: NewNotification): Record<string, unknown> {
  const { scope, due } = notification;
  return { ...inputOf(notification), scope, once: due.kind === 'once' ? true : undefined };
}

function textOf(value: unknown): string {
  if (value === undefined) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
