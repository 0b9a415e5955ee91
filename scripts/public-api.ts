import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What programs import, by the file in `src` and in `dist`. */
export const ENTRIES: Readonly<Record<string, string>> = {
  'slack-reports': 'index',
  'slack-reports/plugin': 'plugin',
  'slack-reports/reports': 'reports/index',
  'slack-reports/sources': 'sources/index',
  'slack-reports/testing': 'testing/index',
  'slack-reports/workflows': 'workflows/index',
};

/** An export with the comment that an editor shows. */
export interface Export {
  name: string;
  kind: string;
  /** As written, with its marks; empty without one. */
  comment: string;
  /** The declaration, to its end. */
  text: string;
}

const DECLARATION =
  /(?<comment>\/\*\*(?:(?!\*\/)[^])*\*\/\n)?^export (?:declare |abstract |async )*(?<kind>class|const|function|interface|type) (?<name>\w+)/gm;
const FROM = /^export (?:type )?\{(?<names>[^}]*)\} from '(?<from>\.[^']+)';/gm;

/** The exports of a module, those that it passes on included: of sources, or of declarations (`.d.ts`). */
export function exportsOf(file: string): Export[] {
  const text = readFileSync(file, 'utf8');
  const own = [...text.matchAll(DECLARATION)].map(({ groups = {}, index, 0: { length } }) => ({
    name: groups['name'] ?? '',
    kind: groups['kind'] ?? '',
    comment: groups['comment'] ?? '',
    text: declarationAt(text, text.lastIndexOf('export ', index + length)),
  }));
  const passedOn = [...text.matchAll(FROM)].flatMap(({ groups = {} }) => {
    const path = join(dirname(file), groups['from'] ?? '');
    const from = exportsOf(file.endsWith('.d.ts') ? path.replace(/\.js$/, '.d.ts') : path);
    const names = (groups['names'] ?? '').split(',').map((name) => name.trim().replace(/^type /, ''));
    return names
      .filter((name) => name !== '')
      .map((name) => {
        const [original = '', renamed = original] = name.split(' as ');
        const found = from.find((one) => one.name === original);
        if (found === undefined) throw new Error(`${file}: found no declaration of ${original}`);
        return { ...found, name: renamed };
      });
  });
  // Of overloads the first is what an editor shows.
  const all = [...passedOn, ...own];
  return all.filter(({ name }, at) => all.findIndex((one) => one.name === name) === at);
}

/** Up to the first line at the margin that ends a statement. */
function declarationAt(text: string, start: number): string {
  const lines = text.slice(start).split('\n');
  const end = lines.findIndex((line) => /^\S.*;$|^\}$/.test(line));
  return lines.slice(0, end + 1).join('\n');
}

/** The words of a comment, without its marks. */
export function wordsOf(comment: string): string {
  return comment
    .replace(/^\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .replaceAll(/^[ \t]*\* ?/gm, '')
    .trim();
}

/** The reference of the programming interface, from the declarations of the package in `dist`. */
export function apiReference(dist: string): string {
  const sections = Object.entries(ENTRIES).map(([name, file]) => {
    const exported = exportsOf(join(dist, `${file}.d.ts`)).map(entryOf);
    return `## ${name}\n\n${exported.join('\n\n')}\n`;
  });
  const groups = ['notifications', 'preview', 'runs', 'sends', 'deliveries'].map((group) => {
    const text = readFileSync(join(dist, `client/${group}.d.ts`), 'utf8');
    const declared = /^export declare function \w+Of\(context: Context\)[^]*?^\};$/m.exec(text)?.[0] ?? '';
    return `### ${group}\n\n${fenced(declared)}`;
  });
  return `# Programming interface\n\n${sections.join('\n')}\n## The groups of slackReportsClient()\n\n${groups.join('\n\n')}\n`;
}

function entryOf({ name, comment, text }: Export): string {
  const [sentence = '', ...tags] = wordsOf(comment).split(/^(?=@(?:example|throws))|\s(?=@example )/m);
  const said = tags.map((tag) =>
    tag.startsWith('@example')
      ? fenced(tag.slice('@example'.length).trim())
      : `Throws ${tag.slice('@throws'.length).trim()}`,
  );
  return [`### ${name}`, sentence.trim(), ...said, fenced(text)].join('\n\n');
}

function fenced(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``;
}
