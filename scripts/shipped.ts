import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** The parts of CycloneDX JSON that we read (https://cyclonedx.org/docs/1.5/json/). */
interface Bom {
  metadata: { component: { 'bom-ref': string } };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

export interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[];
}

/** Packages of this repository. */
const OURS = ['slack-reports', 'slack-sandbox', 'slack-reports-bin'];

/**
 * What the published package needs, directly or not: its dependencies and its peers, optional ones too. A clone has the peers
 * as development dependencies, so `--omit=dev` leaves them out. `npm sbom` reads the lock file, so packages built for other
 * platforms are included.
 */
export async function shippedPackages(): Promise<Component[]> {
  const { stdout } = await execa('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx']);
  const { metadata, components, dependencies } = JSON.parse(stdout) as Bom;
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as Record<
    'dependencies' | 'peerDependencies',
    Record<string, string>
  >;
  const named = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  const byRef = new Map(components.map((component) => [component['bom-ref'], component]));
  const needs = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const direct = needs.get(metadata.component['bom-ref']) ?? [];
  const shipped = new Set(direct.filter((ref) => named.has(byRef.get(ref)?.name ?? '')));
  for (const ref of shipped) for (const needed of needs.get(ref) ?? []) shipped.add(needed);
  return components.filter((one) => shipped.has(one['bom-ref']) && !OURS.includes(one.name));
}
