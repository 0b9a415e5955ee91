import satisfies from 'spdx-satisfies';
import { type Component, shippedPackages } from './shipped.ts';

/**
 * Lists the licences of what an installation of the package needs on any platform, optional parts included, and fails if one
 * isn't allowed.
 */
const ALLOWED = [
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Unlicense',
  // Covers single files: a library used unchanged asks for nothing more.
  'MPL-2.0',
  // A font licence: use, embed and pass on the fonts, but don't sell them alone.
  'Bitstream-Vera',
  // A data licence: the browser list that the workflow bundler reads.
  'CC-BY-4.0',
];

/** Packages whose manifest names no licence. Read the LICENSE file again for each new version. */
const READ_BY_HAND: Record<string, string> = {
  // LICENSE has the text of the Unlicense.
  'unionfs@4.6.0': 'Unlicense',
  // LICENSE is the licence of the DejaVu fonts, which SPDX lists under the name of the fonts they derive from.
  'dejavu-fonts-ttf@2.37.3': 'Bitstream-Vera',
};

const installed = (await shippedPackages()).map((component) => ({
  name: `${component.name}@${component.version}`,
  licence: licenceOf(component),
}));

const byLicence = Map.groupBy(installed, ({ licence }) => licence);
for (const [licence, those] of [...byLicence].toSorted(([, a], [, b]) => b.length - a.length)) {
  const names = those.map(({ name }) => name).join(', ');
  console.log(`${String(those.length).padStart(4)}  ${licence}${those.length <= 5 ? `: ${names}` : ''}`);
}
for (const { name, licence } of installed) {
  if (isAllowed(licence)) continue;
  console.error(`${name}: licence "${licence}" is not in the list of allowed licences`);
  process.exitCode = 1;
}
for (const name of Object.keys(READ_BY_HAND)) {
  if (installed.some((one) => one.name === name)) continue;
  console.error(`${name} is no longer installed: remove it from READ_BY_HAND`);
  process.exitCode = 1;
}

function licenceOf({ name, version, licenses = [] }: Component): string {
  const [named] = licenses;
  return (
    READ_BY_HAND[`${name}@${version}`] ??
    named?.expression ??
    named?.license?.id ??
    named?.license?.name ??
    'none named'
  );
}

/** False for anything that isn't a valid SPDX expression. */
function isAllowed(expression: string): boolean {
  try {
    return satisfies(expression, ALLOWED);
  } catch {
    return false;
  }
}
