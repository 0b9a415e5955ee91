import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1';
import { type INetworkPolicy, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { type IPodDisruptionBudget, PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

/**
 * `npm run check:deploy`: holds the Kustomize base in deploy/kubernetes to the schemas of Kubernetes, which a package brings along:
 * no cluster and no network is needed. The schemas check values; the types made of them find names that do not exist, which the
 * schemas let pass.
 */
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const BASE = join(ROOT, 'deploy/kubernetes');
const KUSTOMIZATION = 'kustomization.yaml';

/** https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/, as far as we use it. */
const Kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  resources: z.array(z.string()),
  configMapGenerator: z.array(z.strictObject({ name: z.string(), literals: z.array(z.string().regex(/^[A-Z_]+=/)) })),
  images: z.array(z.strictObject({ name: z.string(), newTag: z.string() })),
});

const Identity = z.object({ apiVersion: z.string(), kind: z.string() });

/** Throws where Kubernetes would refuse an object. */
type Validate = (manifest: unknown) => void;

const MODELS: Readonly<Record<string, Validate>> = {
  'apps/v1 Deployment': (manifest) => new Deployment(manifest as IDeployment).validate(),
  'policy/v1 PodDisruptionBudget': (manifest) => new PodDisruptionBudget(manifest as IPodDisruptionBudget).validate(),
  'networking.k8s.io/v1 NetworkPolicy': (manifest) => new NetworkPolicy(manifest as INetworkPolicy).validate(),
};

if (import.meta.main) {
  const { resources } = Kustomization.parse(parse(await readFile(join(BASE, KUSTOMIZATION), 'utf8')));
  const files = (await readdir(BASE)).filter((name) => name !== KUSTOMIZATION);
  const unlisted = files.filter((name) => !resources.includes(name));
  const texts = await Promise.all(resources.map((name) => readFile(join(BASE, name), 'utf8')));
  const documents = texts.flatMap((text) => parseAllDocuments(text));
  const manifests = documents.map((document): unknown => document.toJS());
  const problems = [
    ...unlisted.map((name) => `${name} is not in ${KUSTOMIZATION}`),
    ...documents.flatMap(({ errors }) => errors.map(({ message }) => message)),
    ...manifests.flatMap(wrongValues),
    ...(await unknownNames(manifests)),
  ];
  for (const problem of problems) console.error(`deploy/kubernetes: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`deploy/kubernetes: ${documents.length} objects as Kubernetes takes them`);
}

/** Values of an object that Kubernetes would refuse. */
export function wrongValues(manifest: unknown): string[] {
  const { apiVersion, kind } = Identity.parse(manifest);
  const validate = MODELS[`${apiVersion} ${kind}`];
  if (validate === undefined) return [`${apiVersion} ${kind}: not among the objects that are checked here`];
  try {
    validate(manifest);
    return [];
  } catch (error) {
    return [`${kind}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Properties of objects that Kubernetes would ignore: TypeScript refuses a property of a literal that its type does not have. */
export async function unknownNames(manifests: readonly unknown[]): Promise<string[]> {
  const cache = join(ROOT, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  // Within the project, where the package is found.
  const folder = await mkdtemp(join(cache, 'check-deploy-'));
  try {
    const files = manifests.map((manifest, at) => {
      const { apiVersion, kind } = Identity.parse(manifest);
      const type = `import('kubernetes-models/${apiVersion}').I${kind}`;
      return {
        name: `${kind}-${at}.ts`,
        text: `export const manifest: ${type} = ${JSON.stringify(manifest, null, 2)};\n`,
      };
    });
    await Promise.all(files.map(({ name, text }) => writeFile(join(folder, name), text)));
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'esnext',
      skipLibCheck: true,
      types: [],
    };
    const config = { compilerOptions, files: files.map(({ name }) => name) };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { stdout, exitCode } = await execa('tsc', ['-p', folder, '--pretty', 'false'], {
      cwd: folder,
      preferLocal: true,
      localDir: ROOT,
      reject: false,
    });
    return exitCode === 0 ? [] : stdout.split('\n').filter((line) => line !== '');
  } finally {
    await rm(folder, { recursive: true });
  }
}
