/** Small checks in Slack's wording; each appends what it finds to `problems`. */
export type Problems = string[];
export type Json = Record<string, unknown>;

export function at(message: string, pointer: string): string {
  return `${message} [json-pointer:${pointer}]`;
}

/** An empty object for anything that is not one, so that a check reports missing fields and never throws. */
export function asObject(value: unknown): Json {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asArray(problems: Problems, value: unknown, pointer: string): unknown[] {
  if (Array.isArray(value)) return value;
  problems.push(at('must be an array', pointer));
  return [];
}

export function required(problems: Problems, object: Json, field: string, pointer: string): void {
  if (object[field] === undefined) problems.push(at(`missing required field: ${field}`, pointer));
}

export function atMost(problems: Problems, list: unknown[], max: number, pointer: string): void {
  if (list.length > max) problems.push(at(`no more than ${max} items allowed`, pointer));
}

/** 1 to `max` characters. */
export function characters(problems: Problems, value: unknown, max: number, pointer: string): void {
  if (typeof value !== 'string') problems.push(at('must be a string', pointer));
  else if (value.length === 0) problems.push(at('must be more than 0 characters', pointer));
  else if (value.length > max) problems.push(at(`must be less than ${max + 1} characters`, pointer));
}
