import { cp, glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { rolldown } from 'rolldown';
import { writeWorkflowBundles } from '../src/temporal/workflow-bundle.ts';
import { apiReference } from './public-api.ts';

/**
 * `npm run build`: the JavaScript and the declarations of `slack-reports` and `slack-sandbox`, in `dist` and `sandbox/dist`,
 * and the workflow bundles of a deployed clone, which the packages leave out. `--packages <folder>` writes both packages,
 * ready for `npm pack`, into a folder instead.
 */
const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** What programs import: the bundle has a file for each, and TypeScript makes the declarations. */
const ENTRIES = {
  index: 'src/index.ts',
  reports: 'src/reports/index.ts',
  sources: 'src/sources/index.ts',
  plugin: 'src/plugin.ts',
  testing: 'src/testing/index.ts',
  cli: 'src/cli/main.ts',
  worker: 'src/worker.ts',
};
const PUBLIC = [
  'src/plugin.ts',
  'src/index.ts',
  'src/reports/index.ts',
  'src/sources/index.ts',
  'src/testing/index.ts',
  'src/workflows/index.ts',
];

/** What a bundler or a process gets by its path, so it stays a file at its place: see `moduleFile`. */
const BY_PATH = [
  'src/workflows/index.ts',
  'src/workflows/interceptors.ts',
  'src/codec/failure-converter.ts',
  'src/slack/charts/rasterise.ts',
  'src/reports/sources/sqlite-reader-process.ts',
  'src/lib/folders.ts',
];

/**
 * Kysely and zod are hundreds of small modules, which Node takes 150 ms to find and read: a quarter of the time of a short
 * command. The runtime is what `using` becomes for Node 22.
 */
const INLINED = ['kysely', 'zod', '@oxc-project/runtime'];

const RELATIVE_IMPORT = /((?:from |import |import\()["'](\.[^"']+))\.[jt]s(["'])/g;

const { values } = parseArgs({ options: { packages: { type: 'string' } } });
if (values.packages === undefined) {
  await buildPackage(join(ROOT, 'dist'));
  await buildSandbox(join(ROOT, 'sandbox/dist'));
  for (const path of await writeWorkflowBundles(join(ROOT, 'dist/workflows.js'))) console.log(`wrote ${path}`);
} else {
  const folder = resolve(values.packages);
  for (const [from, name, files] of [
    ['', 'slack-reports', ['package.json', 'README.md', 'LICENSE', 'bin/slack-reports.js', '.env.example']],
    ['sandbox', 'slack-sandbox', ['package.json', 'README.md', 'LICENSE', 'bin/slack-sandbox.js']],
  ] as const) {
    await copy(files, join(ROOT, from), join(folder, name));
  }
  await buildPackage(join(folder, 'slack-reports/dist'));
  await buildSandbox(join(folder, 'slack-sandbox/dist'));
}

async function buildPackage(dist: string): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  await Promise.all([
    compile(dist, { entries: PUBLIC, rootDir: 'src', endings: ['.d.ts'] }),
    compile(dist, { entries: BY_PATH, rootDir: 'src', endings: ['.js', '.js.map'] }),
    bundle(dist),
  ]);
  await copy(['slack/block-kit/html/message.css'], join(ROOT, 'src'), dist);
  // Where `folder.ts` looks for them, for reports and sources of the user's.
  for (const name of ['reports', 'sources']) {
    await writeFile(join(dist, name, 'index.js'), `export * from '../${name}.js';\n`);
  }
  await writeLicences(dist);
  await writeFile(join(dist, 'API.md'), apiReference(dist));
  const { stdout } = await execa(process.execPath, [join(ROOT, 'scripts/list-commands.ts')]);
  await writeFile(join(dist, 'commands.json'), stdout);
}

async function buildSandbox(dist: string): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const code = { entries: ['sandbox/index.ts', 'sandbox/main.ts'], rootDir: '.', endings: ['.js', '.js.map'] };
  await Promise.all([
    compile(dist, code),
    compile(dist, { ...code, entries: ['sandbox/index.ts'], endings: ['.d.ts'] }),
  ]);
  const page = await Array.fromAsync(glob('sandbox/page/*.{js,css,svg}', { cwd: ROOT }));
  await copy(['src/slack/block-kit/html/message.css', ...page], ROOT, dist);
}

/**
 * What TypeScript makes of the entries, and of the files that these import: it also writes those from which only types
 * come. The types themselves are checked by `npm run check`, which knows all files.
 */
async function compile(
  dist: string,
  { entries, rootDir, endings }: { entries: readonly string[]; rootDir: string; endings: readonly string[] },
): Promise<void> {
  const made = await mkdtemp(join(tmpdir(), 'slack-reports-build-'));
  const isTypes = endings.includes('.d.ts');
  const config = {
    extends: join(ROOT, 'tsconfig.build.json'),
    compilerOptions: {
      rootDir: join(ROOT, rootDir),
      outDir: join(made, 'out'),
      typeRoots: [join(ROOT, 'node_modules/@types')],
      ...(isTypes ? { emitDeclarationOnly: true } : { declaration: false }),
    },
    include: [],
    files: entries.map((file) => join(ROOT, file)),
  };
  await writeFile(join(made, 'tsconfig.json'), JSON.stringify(config));
  await execa('tsc', ['-p', made, '--noCheck'], { cwd: ROOT, preferLocal: true, stdout: 'inherit' });
  const wanted = new Set(entries.map((file) => relative(rootDir, file).replace(/\.ts$/, '')));
  for (const name of wanted) {
    const file = join(made, 'out', name + (endings[0] ?? ''));
    // TypeScript rewrites the endings in JavaScript only.
    const text = (await readFile(file, 'utf8')).replaceAll(RELATIVE_IMPORT, '$1.js$3');
    await writeFile(file, text);
    for (const [, , imported = ''] of text.matchAll(RELATIVE_IMPORT)) wanted.add(join(dirname(name), imported));
  }
  await copy(
    [...wanted].flatMap((name) => endings.map((ending) => name + ending)),
    join(made, 'out'),
    dist,
  );
  await rm(made, { recursive: true });
}

async function copy(files: readonly string[], from: string, to: string): Promise<void> {
  await Promise.all(files.map((file) => cp(join(from, file), join(to, file))));
}

/** Our modules in few files, all of them directly in `dist`. */
async function bundle(dist: string): Promise<void> {
  const build = await rolldown({
    cwd: ROOT,
    input: ENTRIES,
    platform: 'node',
    external: (id) => !/^[./]/.test(id) && !INLINED.some((name) => id === name || id.startsWith(`${name}/`)),
    transform: { target: 'node22' },
    plugins: [
      {
        name: 'own-place',
        // A module keeps the address that it has among the files which TypeScript makes.
        transform(code, id) {
          const file = relative(join(ROOT, 'src'), id);
          if (file.startsWith('..') || !code.includes('import.meta.url')) return undefined;
          const place = `new URL(${JSON.stringify(`./${file.replace(/\.ts$/, '.js')}`)}, import.meta.url).href`;
          let placed = code;
          for (const { start, end } of metaUrls(this.parse(code, { lang: 'ts' })).toReversed()) {
            placed = placed.slice(0, start) + place + placed.slice(end);
          }
          // The lines stay, so the map does, too.
          return { code: placed, map: null };
        },
      },
    ],
  });
  await build.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[name]-[hash].js',
    // A library in a chunk of its own needs no map. What few commands load, the languages of zod, stays apart.
    codeSplitting: {
      groups: [
        { name: 'zod-languages', test: /zod\/v4\/locales/ },
        { name: 'zod', test: /zod\/v4\/(core|classic\/(?!external|index))/ },
        { name: 'kysely', test: /node_modules\/kysely\// },
      ],
    },
  });
  for await (const file of glob('*.map', { cwd: dist })) await leaveOutLibraries(join(dist, file));
}

/** The sources of inlined libraries would be a third of the package; their own packages have them. A file of them alone has no map. */
async function leaveOutLibraries(file: string): Promise<void> {
  const map = JSON.parse(await readFile(file, 'utf8')) as { sources: string[]; sourcesContent: (string | null)[] };
  const isLibrary = (nr: number) => map.sources[nr]?.includes('node_modules/') === true;
  if (map.sources.every((_, nr) => isLibrary(nr))) {
    const script = file.slice(0, -'.map'.length);
    const text = await readFile(script, 'utf8');
    await writeFile(script, text.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n'));
    await rm(file);
    return;
  }
  map.sourcesContent = map.sourcesContent.map((source, nr) => (isLibrary(nr) ? null : source));
  await writeFile(file, JSON.stringify(map));
}

interface Node {
  type: string;
  start: number;
  end: number;
}

/** Each `import.meta.url` of a syntax tree, in order: not those in templates of files that the program writes. */
function metaUrls(tree: unknown): Node[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const { type, object } = tree as { type?: unknown; object?: { type?: unknown } };
  if (type === 'MemberExpression' && object?.type === 'MetaProperty') {
    const { property } = tree as { property?: { name?: unknown } };
    return property?.name === 'url' ? [tree as Node] : [];
  }
  return Object.values(tree).flatMap(metaUrls);
}

/** The licences of what the bundle contains ask for it. */
async function writeLicences(dist: string): Promise<void> {
  const texts = INLINED.map(async (name) => {
    const text = await readFile(join(ROOT, 'node_modules', name, 'LICENSE'), 'utf8');
    return `${name}\n\n${text}`;
  });
  await writeFile(join(dist, 'THIRD-PARTY-LICENSES'), (await Promise.all(texts)).join('\n\n'));
}
