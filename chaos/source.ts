import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NewNotification } from '../src/domain/notification.ts';
import type { Plan } from './plan.ts';

/** The folder of sources, within the folder of the run. */
export const SOURCES = 'sources';
const NAME = 'chaos';
/** Small, so that a worker is killed between two pages, too. */
const PAGE = 7;

type Row = Pick<NewNotification, 'id' | 'due'>;

/** With `--source` the riders of schedules are given by a module, and are not in our table before they are due. */
export function isOfSource({ source }: Pick<Plan, 'source'>, { due }: Row): boolean {
  // Nothing fires the schedule of those that are called off: they are sent by their ids, from our table.
  return source === true && due.kind === 'schedule' && due.scheduleId !== 'called_off';
}

/** What the ledger calls a notification of the plan. */
export function idInLedger(plan: Pick<Plan, 'source'>, row: Row): string {
  return isOfSource(plan, row) ? `${NAME}:${row.id}` : row.id;
}

/** Writes the module: a page at a time by id, as a query over a table would give them. */
export async function writeSource(folder: string, plan: Plan): Promise<void> {
  const rows = plan.items
    .filter(({ row }) => isOfSource(plan, row))
    .map(({ row }) => {
      const { id, name, account, report, params, workspaceId: workspace, channel } = row;
      return {
        schedule: scheduleOf(row),
        given: { id, name, account, report, params, workspace, channel: channel.id, channelName: channel.name },
      };
    });
  const define = fileURLToPath(new URL('../src/sources/define.ts', import.meta.url));
  await mkdir(join(folder, SOURCES));
  await writeFile(
    join(folder, SOURCES, 'chaos.ts'),
    `import { defineSource } from ${JSON.stringify(define)};
const ROWS = ${JSON.stringify(rows)};
export const chaos = defineSource({
  name: '${NAME}',
  async due({ schedule, cursor = '' }) {
    const page = ROWS.filter((row) => row.schedule === schedule && row.given.id > cursor).slice(0, ${PAGE});
    return { notifications: page.map(({ given }) => given), next: page.length === ${PAGE} ? page.at(-1).given.id : undefined };
  },
});
`,
  );
}

function scheduleOf({ due }: Row): string | undefined {
  return due.kind === 'schedule' ? due.scheduleId : undefined;
}
