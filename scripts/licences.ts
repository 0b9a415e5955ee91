import { readFile } from 'node:fs/promises';

/**
 * Lists what `npm ci --omit=dev` installs by licence, from the lock file, and fails where a licence is none of those that
 * ask for no more than their notice, or than to leave their own files as they are.
 */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Unlicense',
  // Of files, each by itself: a library that is used as it comes asks for no more.
  'MPL-2.0',
  // Of fonts, which may be used, embedded and passed on, and not sold by themselves.
  'Bitstream-Vera',
  // Of data, not of code: which browsers there are, for the tool that bundles workflows.
  'CC-BY-4.0',
]);

/** Packages whose manifest names none, with what their LICENSE file says. A new version has to be looked at again. */
const READ_BY_HAND: Record<string, string> = {
  'unionfs@4.6.0': 'Unlicense',
  'dejavu-fonts-ttf@2.37.3': 'Bitstream-Vera',
};

interface Locked {
  version?: string;
  license?: string;
  dev?: boolean;
  link?: boolean;
}

const { packages } = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, Locked>;
};

const byLicence = Map.groupBy(installed(packages), ({ licence }) => licence);
for (const [licence, those] of [...byLicence].toSorted(([, a], [, b]) => b.length - a.length)) {
  const names = those.map(({ name }) => name).join(', ');
  console.log(`${String(those.length).padStart(4)}  ${licence}${those.length <= 5 ? `: ${names}` : ''}`);
}
const refused = [...byLicence].filter(([licence]) => !isAllowed(licence)).flatMap(([, those]) => those);
for (const { name, licence } of refused) console.error(`${name}: licence "${licence}" is not among those allowed`);
if (refused.length > 0) process.exitCode = 1;

function* installed(locked: Record<string, Locked>) {
  for (const [path, { version = '', license, dev, link }] of Object.entries(locked)) {
    // Our own package and its bin folder lie outside node_modules.
    if (dev === true || link === true || !path.includes('node_modules/')) continue;
    const name = `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`;
    yield { name, licence: READ_BY_HAND[name] ?? license ?? sibling(name, locked) ?? 'none named' };
  }
}

/** Builds of one package for other platforms are not looked up by npm; they have the licence of the one for this. */
function sibling(name: string, locked: Record<string, Locked>): string | undefined {
  const [, family, version] = /^(@swc\/core)-[\w-]+@(.+)$/.exec(name) ?? [];
  const parent = locked[`node_modules/${family}`];
  return parent?.version === version ? parent?.license : undefined;
}

/** SPDX: of `A OR B` one is enough, of `A AND B` both are needed. */
function isAllowed(expression: string): boolean {
  const alternatives = expression.replaceAll(/[()]/g, '').split(' OR ');
  return alternatives.some((all) => all.split(' AND ').every((one) => ALLOWED.has(one.trim())));
}
