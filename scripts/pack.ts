import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** Builds both packages in `folder` and packs them, without touching `dist`. Returns the paths of the tarballs. */
export async function packPackages(folder: string): Promise<{ reports: string; sandbox: string }> {
  await execa(process.execPath, [fileURLToPath(new URL('build.ts', import.meta.url)), '--packages', folder]);
  const pack = async (name: string) => {
    const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await execa('npm', args, { cwd: join(folder, name) });
    const packed = JSON.parse(stdout) as { filename: string }[] | Record<string, { filename: string }>;
    const [first] = Object.values(packed);
    if (first === undefined) throw new Error(`npm pack made nothing of ${name}`);
    return join(folder, first.filename);
  };
  return { reports: await pack('slack-reports'), sandbox: await pack('slack-sandbox') };
}
