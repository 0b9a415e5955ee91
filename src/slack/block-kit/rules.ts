import { isObject } from './json.ts';

/** What a check finds in a message, in Slack's wording and with Slack's JSON pointers. */
export class Findings {
  /** What Slack refuses. */
  readonly problems: string[] = [];
  /** What passes unchecked, because its type is not known here. */
  readonly remarks: string[] = [];

  refuse(message: string, pointer: string): void {
    this.problems.push(at(message, pointer));
  }

  remark(message: string, pointer: string): void {
    this.remarks.push(at(message, pointer));
  }
}

/** Adds the JSON pointer that Slack puts after each of its messages. */
export function at(message: string, pointer: string): string {
  return `${message} [json-pointer:${pointer}]`;
}

/** Checks one value, and appends what is wrong with it. */
export type Rule = (findings: Findings, value: unknown, pointer: string) => void;

/** The properties of an object. Any other property is refused. */
export interface Shape {
  readonly required: Readonly<Record<string, Rule>>;
  readonly optional: Readonly<Record<string, Rule>>;
  /** What no single property can break. */
  readonly together?: Rule | undefined;
}

export function shape(required: Record<string, Rule>, optional: Record<string, Rule> = {}, together?: Rule): Shape {
  return { required, optional, together };
}

/** 1 to `max` characters. */
export function characters(max = Infinity): Rule {
  return (findings, value, pointer) => {
    if (typeof value !== 'string') findings.refuse('must be a string', pointer);
    else if (value.length === 0) findings.refuse('must be more than 0 characters', pointer);
    else if (value.length > max) findings.refuse(`must be less than ${max + 1} characters`, pointer);
  };
}

export function matching(pattern: RegExp, message: string): Rule {
  return (findings, value, pointer) => {
    if (typeof value !== 'string') findings.refuse('must be a string', pointer);
    else if (!pattern.test(value)) findings.refuse(message, pointer);
  };
}

export function webAddress(max: number): Rule {
  const length = characters(max);
  return (findings, value, pointer) => {
    length(findings, value, pointer);
    if (typeof value === 'string' && value !== '' && !/^https?:\/\/[^\s]+$/i.test(value)) {
      findings.refuse('must be a valid URL', pointer);
    }
  };
}

export const flag: Rule = (findings, value, pointer) => {
  if (typeof value !== 'boolean') findings.refuse('must be a boolean', pointer);
};

export function number(min = -Infinity, max = Infinity): Rule {
  return (findings, value, pointer) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) findings.refuse('must be a number', pointer);
    else if (value < min) findings.refuse(`must be greater than or equal to ${min}`, pointer);
    else if (value > max) findings.refuse(`must be less than or equal to ${max}`, pointer);
  };
}

export function whole(min: number, max = Infinity): Rule {
  const range = number(min, max);
  return (findings, value, pointer) => {
    range(findings, value, pointer);
    if (typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value)) {
      findings.refuse('must be an integer', pointer);
    }
  };
}

export function oneOf(...values: readonly (string | number)[]): Rule {
  return (findings, value, pointer) => {
    if (!values.includes(value as string))
      findings.refuse(`must be a valid enum value (${values.join(', ')})`, pointer);
  };
}

export function list(rule: Rule, { min = 1, max = Infinity }: { min?: number; max?: number } = {}): Rule {
  return (findings, value, pointer) => {
    if (!Array.isArray(value)) return findings.refuse('must be an array', pointer);
    if (value.length < min) findings.refuse(`no fewer than ${min} items allowed`, pointer);
    if (value.length > max) findings.refuse(`no more than ${max} items allowed`, pointer);
    for (const [index, item] of value.entries()) rule(findings, item, `${pointer}/${index}`);
  };
}

export function object({ required, optional, together }: Shape): Rule {
  return (findings, value, pointer) => {
    if (!isObject(value)) return findings.refuse('must be an object', pointer);
    for (const [name, rule] of Object.entries(required)) {
      if (value[name] === undefined) findings.refuse(`missing required field: ${name}`, pointer);
      else rule(findings, value[name], `${pointer}/${name}`);
    }
    for (const [name, given] of Object.entries(value)) {
      if (given === undefined || Object.hasOwn(required, name)) continue;
      const rule = Object.hasOwn(optional, name) ? optional[name] : undefined;
      if (rule === undefined) findings.refuse(`invalid additional property: ${name}`, pointer);
      else rule(findings, given, `${pointer}/${name}`);
    }
    together?.(findings, value, pointer);
  };
}
