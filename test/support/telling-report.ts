import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { SECRET_SHAPES, type SecretShape } from './secret-shapes.ts';

/** Characters of a batch, so that nothing is absent only because it was cut off: of a message, and of one in the ledger. */
const BATCH_MAX = { message: 3_000, ledger: 800 };

/** The ways in which the text of a batch leaves a report, and what of it is kept whole. */
export const WAYS = {
  impossible: 'ledger',
  causes: 'message',
  several: 'message',
  database: 'message',
  http: 'message',
  floating: 'message',
} as const satisfies Record<string, keyof typeof BATCH_MAX>;

export interface Batch {
  shapes: readonly SecretShape[];
  /** Each shape behind a mark of its own, which stays. */
  text: string;
  marks: readonly string[];
}

const isCutOff = ({ name }: SecretShape) => Number(name.includes('cut off'));

/** All shapes, in as few texts as an error may hold. Those that are cut off come last, since they may take the rest along. */
export function batchesOfSecrets(keptWhole: keyof typeof BATCH_MAX): Batch[] {
  const batches: SecretShape[][] = [[]];
  let size = 0;
  for (const shape of SECRET_SHAPES.toSorted((a, b) => isCutOff(a) - isCutOff(b))) {
    if (size + shape.text.length > BATCH_MAX[keptWhole]) {
      batches.push([]);
      size = 0;
    }
    size += shape.text.length + 8;
    batches.at(-1)?.push(shape);
  }
  return batches.map((shapes) => {
    const marks = shapes.map((shape) => `<${SECRET_SHAPES.indexOf(shape)}>`);
    const text = shapes.map((shape, index) => `${marks[index]} ${shape.text}`).join('\n');
    return { shapes, text, marks: marks.filter((_, index) => !isCutOff(shapes[index]!)) };
  });
}

/** Answers JSON whose keys are the shapes of the batch: an answer that no schema expects. */
export async function startTellingServer(batches: readonly Batch[]) {
  const server = createServer(({ url = '' }, response) => {
    const { shapes = [], marks = [] } = batches[Number(new URL(url, 'http://x').searchParams.get('batch'))] ?? {};
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(Object.fromEntries(shapes.map(({ text }, index) => [`${marks[index]} ${text}`, 1]))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Puts a report `telling` among those of a worker that is started in this folder. What can be tried again fails once. */
export async function addTellingReport(folder: string, batches: readonly Batch[], url: string): Promise<void> {
  const report = `
    import { readFileSync } from 'node:fs';
    import { defineReport, ReportImpossible, section, z } from 'slack-reports/reports';
    const batches = JSON.parse(readFileSync(new URL('batches.json', import.meta.url), 'utf8'));
    const failed = new Set();
    export default defineReport({
      name: 'telling',
      description: 'Tells more than it should',
      params: z.strictObject({ batch: z.number(), way: z.string() }),
      async load({ params: { batch, way } }, { database, http }) {
        const text = batches[batch];
        if (way === 'impossible') throw new ReportImpossible(text);
        if (failed.has(way + batch)) return;
        failed.add(way + batch);
        if (way === 'causes') throw new Error('telling', { cause: new Error(text, { cause: text }) });
        if (way === 'several') throw new AggregateError(text.split('\\n<').map((one) => new Error('<' + one)), text);
        if (way === 'database') await database('store').query("select json_extract('{}', :text)", { text });
        if (way === 'http') await http.json(${JSON.stringify(url)} + '?batch=' + batch, { schema: z.strictObject({}) });
        void Promise.reject(new Error(text));
      },
      render: () => ({ text: 'Fine', blocks: [section('Fine')] }),
    });`;
  await mkdir(join(folder, 'my-reports'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'my-reports/batches.json'), JSON.stringify(batches.map(({ text }) => text)));
  await writeFile(join(folder, 'my-reports/telling.ts'), report);
}
