import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { packPackages } from './pack.ts';

/**
 * Packs `slack-reports` and `slack-sandbox` as they are published, and checks the tarballs: what their manifests name is
 * there (publint), TypeScript finds the types of each export (arethetypeswrong), and they are small.
 */
const TARBALL_BYTES_MAX = 1_500_000;

const folder = await mkdtemp(join(tmpdir(), 'slack-reports-packages-'));
try {
  for (const tarball of Object.values(await packPackages(folder))) await check(tarball);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function check(tarball: string): Promise<void> {
  await run('publint', ['run', tarball, '--strict']);
  // A program, which only other programs start.
  const untyped = ['--exclude-entrypoints', './bin'];
  await run('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji', ...untyped]);
  const { size } = await stat(tarball);
  if (size <= TARBALL_BYTES_MAX) return;
  console.error(`${tarball} has ${size} bytes, and may have ${TARBALL_BYTES_MAX}`);
  process.exitCode = 1;
}

/** Both are silent about what is well. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const { failed, all } = await execa(command, args, { cwd: root, preferLocal: true, reject: false, all: true });
  if (!failed) return;
  console.error(all);
  process.exitCode = 1;
}
