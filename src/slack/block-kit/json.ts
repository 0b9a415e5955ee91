/** JSON whose shape is not known yet, such as the blocks of a message. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An empty object for anything that is not one, so that a reader finds no fields instead of throwing. */
export function asObject(value: unknown): Json {
  return isObject(value) ? value : {};
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list; empty for anything that is not a list. */
export function objectsOf(value: unknown): Json[] {
  return listOf(value).map(asObject);
}

/** A string or number as text; empty for anything else. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
