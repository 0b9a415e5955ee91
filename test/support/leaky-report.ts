import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Puts a report `leaky` among those of a worker that is started in this folder: it ends with this error. */
export async function addLeakyReport(folder: string, error: string): Promise<void> {
  const report = `
    import { defineReport, ReportImpossible, z } from 'slack-reports/reports';
    export default defineReport({
      name: 'leaky',
      description: 'Tells more than it should',
      params: z.strictObject({}),
      load: async () => {
        throw new ReportImpossible(${JSON.stringify(error)});
      },
      render: () => ({ text: '', blocks: [] }),
    });`;
  await mkdir(join(folder, 'my-reports'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'my-reports/leaky.ts'), report);
}
