import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadConfig } from '../../../config.ts';
import { TICK } from '../../../scheduling/managed.ts';
import { messageOf, UserError } from '../../../lib/errors.ts';
import { unknownId } from '../../../lib/similar.ts';
import { databases } from '../../../reports/sources/databases.ts';
import { loadSources, OWN_SOURCES } from '../../../sources/folder.ts';
import { readerOf } from '../../../sources/read.ts';
import type { SourceRow } from '../../../store/claims/source-claim.ts';
import { printJson, printRows } from '../../output/output.ts';

/** As a claim would, if the schedule had not fired for a day. */
const LOOKED_BACK_MS = 86_400_000;
const LIMIT = 500;
/** Rows shown: a source may have millions. */
const SHOWN_MAX = 1_000;

interface Asked {
  schedule?: string | undefined;
  account?: string | undefined;
  report?: string | undefined;
  channel?: string | undefined;
  workspace?: string | undefined;
  tags?: readonly string[] | undefined;
  json?: true | undefined;
}

/** Lists what a source would give now, as a claim reads it. Claims and sends nothing. */
export async function listSource(name: string, { json, ...asked }: Asked): Promise<void> {
  const config = loadConfig();
  const sources = await loadSources(config.sourcesFolder, databases(config.databaseUrl, process.env, config.sample));
  const source = sources.find((one) => one.name === name);
  if (source === undefined)
    throw unknownId(
      'source',
      name,
      sources.map((one) => one.name),
    );
  const schedule = asked.schedule ?? source.schedules?.[0] ?? TICK;
  const rows: SourceRow[] = [];
  const nominalTime = new Date();
  const since = new Date(nominalTime.getTime() - LOOKED_BACK_MS);
  for (let cursor: string | undefined; rows.length < SHOWN_MAX;) {
    const page = await readerOf(source)
      .read({ schedule, nominalTime, since, cursor, limit: LIMIT })
      .catch((error: unknown) => {
        const place = placeOf(error, config.sourcesFolder ?? OWN_SOURCES);
        throw UserError.failure('broken_source', `Source "${name}" cannot be read: ${messageOf(error)}`, {
          ...(place !== undefined && { hint: `It was thrown at ${place}` }),
          cause: error,
        });
      });
    rows.push(...page.rows);
    if (page.next === undefined) break;
    cursor = page.next;
  }
  const wanted = rows.filter((row) => isWanted(row, asked)).slice(0, SHOWN_MAX);
  if (rows.length >= SHOWN_MAX) console.error(`note: only the first ${SHOWN_MAX} are read`);
  if (json === true) return printJson(wanted);
  printRows(
    wanted.map(shown),
    {
      NOTIFICATION: (row) => row.id,
      ACCOUNT: (row) => row.account,
      REPORT: (row) => row.report,
      CHANNEL: (row) => row.channel,
      DUE: (row) => row.due,
    },
    { json, empty: `Source ${name} has nothing due for schedule ${schedule} now; --schedule names another.` },
  );
}

/** Where in the folder of sources it was thrown; undefined if that was elsewhere, as for a query. */
function placeOf(error: unknown, folder: string): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const [, place] = stack.split(pathToFileURL(resolve(folder)).href);
  return place === undefined ? undefined : `${folder}${place.split(/[\n)]/, 1)[0] ?? ''}`;
}

function isWanted(row: SourceRow, { account, report, channel, workspace, tags = [] }: Asked): boolean {
  // What is wrong is always shown.
  if (row.kind !== 'due') return true;
  const { notification } = row;
  return (
    (account === undefined || notification.account === account) &&
    (report === undefined || notification.report === report) &&
    (channel === undefined || notification.channel.id === channel) &&
    (workspace === undefined || notification.workspaceId === workspace) &&
    tags.every((tag) => notification.tags.includes(tag))
  );
}

function shown(row: SourceRow) {
  switch (row.kind) {
    case 'due': {
      const { id, account, report, channel } = row.notification;
      return { id, account, report, channel: channel.name ?? channel.id, due: row.own?.key ?? 'at each fire' };
    }
    case 'bad': {
      const { id, account, report, channel, reason } = row;
      return { id, account, report, channel, due: `never: ${reason}` };
    }
    case 'unreadable': {
      const { id, account, report, channel } = row.stored.row;
      return { id, account, report, channel, due: `never: ${row.stored.reason}` };
    }
  }
}
