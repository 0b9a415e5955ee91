import { asObject, type Json } from '../../src/slack/problem-list.ts';

/** The objects of a list; nothing where there is no list. */
export function objects(value: unknown): Json[] {
  return listOf(value).map(asObject);
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text that a value holds, or none: what a message has in its place is not known to be text. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
