import { knowSecret } from '../../lib/known-secrets.ts';
import { ReportImpossible } from '../message.ts';

/**
 * Where a secret is, never the secret itself: what `env` returns.
 * @example const authorization: EnvReference = env('CRM_TOKEN', 'Bearer ');
 */
export class EnvReference {
  readonly name: string;
  readonly prefix: string;

  constructor(name: string, prefix: string) {
    this.name = name;
    this.prefix = prefix;
  }

  toString(): string {
    return `env:${this.name}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/**
 * A secret by the name of its environment variable; the worker reads it when it sends it, and nothing else sees it.
 * @example http.json(url, { headers: { authorization: env('CRM_TOKEN', 'Bearer ') } })
 */
export function env(name: string, prefix = ''): EnvReference {
  return new EnvReference(name, prefix);
}

/** Throws a ReportImpossible that names the variable, never what it holds. */
export function resolveSecret({ name, prefix }: EnvReference, variables: NodeJS.ProcessEnv): string {
  const value = variables[name]?.trim();
  if (value === undefined || value === '') throw new ReportImpossible(`The environment variable ${name} is not set`);
  knowSecret(value);
  return prefix + value;
}
