import { readFileSync } from 'node:fs';

/** The properties of an object of Block Kit, by name, as `@slack/types` declares them. */
export interface Declared {
  required: string[];
  optional: string[];
}

/** Every object with a literal `type` that a file of `@slack/types` declares, by that type, without `type` and `block_id`. */
export function declaredIn(file: 'blocks' | 'block-elements'): Record<string, Declared> {
  const all = new Map(['extensions', 'composition-objects', 'blocks', 'block-elements'].flatMap(declarations));
  const found: Record<string, Declared> = {};
  for (const [name] of declarations(file)) {
    const properties = propertiesOf(name, all);
    const type = properties.get('type')?.literal;
    if (type === undefined) continue;
    const names = [...properties].filter(([property]) => property !== 'type' && property !== 'block_id');
    const of = (isOptional: boolean) =>
      names.flatMap(([property, given]) => (given.isOptional === isOptional ? [property] : [])).toSorted();
    found[type] = { required: of(false), optional: of(true) };
  }
  return found;
}

interface Declaration {
  body: string;
  /** Whose properties it has as well. */
  parents: string[];
  /** Of these it has those of one. */
  oneOf: string[];
}

interface Property {
  isOptional: boolean;
  literal: string | undefined;
}

function declarations(file: string): [string, Declaration][] {
  const url = new URL(`../../node_modules/@slack/types/dist/block-kit/${file}.d.ts`, import.meta.url);
  const source = readFileSync(url, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '');
  const interfaces = source.matchAll(/interface (\w+)(?: extends ([\w, ]+))? \{([^]*?)\n\}/g);
  const unions = source.matchAll(/type (\w+) = \{([^]*?)\n\}((?: & [\w(| )]+)+);/g);
  return [
    ...interfaces.map(([, name = '', parents = '', body = '']): [string, Declaration] => [
      name,
      { body, parents: words(parents), oneOf: [] },
    ]),
    ...unions.map(([, name = '', body = '', rest = '']): [string, Declaration] => [
      name,
      { body, parents: words(rest.replaceAll(/\(.*?\)/g, '')), oneOf: words(/\((.*?)\)/.exec(rest)?.[1] ?? '') },
    ]),
  ];
}

function propertiesOf(name: string, all: ReadonlyMap<string, Declaration>): Map<string, Property> {
  const { body = '', parents = [], oneOf = [] } = all.get(name) ?? {};
  const inherited = parents.flatMap((parent) => [...propertiesOf(parent, all)]);
  const choices = oneOf.flatMap((parent) => [...propertiesOf(parent, all)]);
  // Nested objects are indented further.
  const own = [...body.matchAll(/^ {4}(\w+)(\??): (?:'(\w+)';)?/gm)].map(
    ([, property = '', mark, literal]): [string, Property] => [property, { isOptional: mark === '?', literal }],
  );
  return new Map([
    ...inherited,
    ...choices.map(([property, given]): [string, Property] => [property, { ...given, isOptional: true }]),
    ...own,
  ]);
}

function words(text: string): string[] {
  return text.match(/\w+/g) ?? [];
}
