/**
 * Makes src/lib/secret-patterns.ts from the rules of gitleaks, a list that is kept for about 200 providers (MIT licence):
 * `node scripts/secret-patterns.ts path/to/config/gitleaks.toml <commit>`, then
 * `npm run format`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** Rules that are not of one provider's form: what is general is in redact.ts, in forms that cost linear time. */
const LEFT_OUT = new Set([
  'generic-api-key',
  'curl-auth-header',
  'curl-auth-user',
  'kubernetes-secret-yaml',
  'jwt',
  'jwt-base64',
  'private-key',
  'hashicorp-tf-password',
  'nuget-config-password',
  // Its third form is any SHA-1, and so any commit.
  'sourcegraph-access-token',
]);

const [file = '', commit = ''] = process.argv.slice(2);
const rules = readFileSync(file, 'utf8').split('[[rules]]').slice(1);
const lines = rules.flatMap((rule) => {
  const id = /^id = "(.+)"$/m.exec(rule)?.[1] ?? '';
  const regex = /^regex = '''(.+)'''$/m.exec(rule)?.[1];
  const list = /^keywords = \[([^\]]*)\]/m.exec(rule)?.[1] ?? '';
  const keywords = [...list.matchAll(/"([^"]+)"/g)].map(([, word = '']) => word.toLowerCase());
  if (regex === undefined || LEFT_OUT.has(id) || keywords.length === 0) return [];
  const isAnyCase = regex.includes('(?i');
  const source = inJavaScript(regex);
  const flags = isAnyCase ? 'gi' : 'g';
  // Throws where it is none.
  void new RegExp(source, flags);
  return [`  [${JSON.stringify(keywords)}, /${source.replaceAll(/(?<!\\)\//g, '\\/')}/${flags}],`];
});

/** From Go's syntax. Boundaries go where they would let a token pass that stands after `_` or before a dot. */
function inJavaScript(regex: string): string {
  const named = /\[\\w\.-\]\{0,50\}\?/.test(regex);
  return regex
    .replaceAll('[\\w.-]{0,50}?', '')
    .replaceAll(/\(\?(?:-?i|P<\w+>|s):?(\))?/g, (match, end?: string) =>
      end === undefined && /:|</.test(match) ? '(?:' : '',
    )
    .replaceAll('[[:alnum:]]', '[A-Za-z0-9]')
    .replaceAll(`(?:[\\x60'"\\s;]|\\\\[nr]|$|\\b)`, '')
    .replaceAll(`(?:[\\x60'"\\s;]|\\\\[nr]|$)`, named ? '(?![\\w-])' : '')
    .replaceAll('(?:[^\\w-]|\\z)', '')
    .replaceAll('(?:[^a-zA-Z0-9+/]|\\z)', '')
    .replaceAll(/\\b/g, '')
    .replaceAll('\\z', '$')
    .replace(/^(?=\(?(?:\(\?:)?[A-Za-z0-9])/, named ? '' : '(?<![A-Za-z0-9])');
}

writeFileSync(
  new URL('../src/lib/secret-patterns.ts', import.meta.url),
  `// Made by scripts/secret-patterns.ts from gitleaks ${commit}, config/gitleaks.toml. Do not edit by hand.
// https://github.com/gitleaks/gitleaks. MIT License, Copyright (c) 2019 Zachary Rice.

/** Each with words of which a text in lower case must have one, or the pattern need not be tried. */
export const PROVIDER_PATTERNS: readonly (readonly [readonly string[], RegExp])[] = [
${lines.join('\n')}
];
`,
);
