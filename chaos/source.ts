import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { NewNotification } from '../src/domain/notification.ts';
import type { Plan, SOURCE_KINDS } from './plan.ts';

/** The folder of sources, within the folder of the run. */
const SOURCES = 'sources';
const NAME = 'chaos';
/** Small, so that a worker is killed between two pages, too. */
const PAGE = 7;

/** The query's, next to the folder of sources. */
const DATABASE = 'riders.db';

type Row = Pick<NewNotification, 'id' | 'due'>;

/** With `--source` the riders of schedules are given by a source, and are not in our table before they are due. */
export function isOfSource({ source }: Pick<Plan, 'source'>, { due }: Row): boolean {
  // Nothing fires the schedule of those that are called off: they are sent by their ids, from our table.
  return source !== undefined && due.kind === 'schedule' && due.scheduleId !== 'called_off';
}

/** What the ledger calls a notification of the plan. */
export function idInLedger(plan: Pick<Plan, 'source'>, row: Row): string {
  return isOfSource(plan, row) ? `${NAME}:${row.id}` : row.id;
}

/** Settings by which a worker finds the source. */
export function sourceSettings(folder: string): NodeJS.ProcessEnv {
  return { SLACK_REPORTS_SOURCES_DIR: join(folder, SOURCES), REPORTS_DB_CHAOS: `sqlite:${join(folder, DATABASE)}` };
}

/** Writes the module, or the query and its database: a page at a time by id. */
export async function writeSource(folder: string, plan: Plan, kind: (typeof SOURCE_KINDS)[number]): Promise<void> {
  const rows = plan.items.map(({ row }) => row).filter((row) => isOfSource(plan, row));
  await mkdir(join(folder, SOURCES));
  const file = join(folder, SOURCES, NAME);
  switch (kind) {
    case 'module':
      return writeFile(`${file}.ts`, moduleOf(rows));
    case 'sql':
      fillDatabase(join(folder, DATABASE), rows);
      return writeFile(`${file}.sql`, QUERY);
    default:
      return kind satisfies never;
  }
}

function moduleOf(rows: readonly NewNotification[]): string {
  const given = rows.map((row) => {
    const { id, name, account, report, params, workspaceId: workspace, channel } = row;
    return {
      schedule: scheduleOf(row),
      given: { id, name, account, report, params, workspace, channel: channel.id, channelName: channel.name },
    };
  });
  const define = fileURLToPath(new URL('../src/sources/define.ts', import.meta.url));
  return `import { defineSource } from ${JSON.stringify(define)};
const ROWS = ${JSON.stringify(given)};
export const chaos = defineSource({
  name: '${NAME}',
  async due({ schedule, cursor = '' }) {
    const page = ROWS.filter((row) => row.schedule === schedule && row.given.id > cursor).slice(0, ${PAGE});
    return { notifications: page.map(({ given }) => given), next: page.length === ${PAGE} ? page.at(-1).given.id : undefined };
  },
});
`;
}

const QUERY = `-- database: ${NAME}
select id, name, account, report, params, workspace, channel, channel_name
from riders
where schedule = :schedule and id > :after
order by id
limit ${PAGE}
`;

function fillDatabase(file: string, rows: readonly NewNotification[]): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(
      'create table riders (id text primary key, schedule text, name text, account text, report text, params text, workspace text, channel text, channel_name text)',
    );
    const insert = database.prepare('insert into riders values (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    for (const row of rows) {
      const { id, name, account, report, params, workspaceId, channel } = row;
      insert.run(
        id,
        scheduleOf(row) ?? null,
        name ?? null,
        account,
        report,
        JSON.stringify(params),
        workspaceId,
        channel.id,
        channel.name ?? null,
      );
    }
  } finally {
    database.close();
  }
}

function scheduleOf({ due }: Row): string | undefined {
  return due.kind === 'schedule' ? due.scheduleId : undefined;
}
