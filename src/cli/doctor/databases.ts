import { isPlainRemote, isPostgres } from '../../lib/database-url.ts';
import { messageOf } from '../../lib/errors.ts';
import { databases } from '../../reports/sources/databases.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

const PREFIX = 'REPORTS_DB_';

/** Its role is that of the session; the one of the query may be another (postgres-reader.ts). */
const RIGHTS = `
  select rolname as name, rolsuper as "isSuper",
    (select count(*)::int from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%'
        and has_table_privilege(session_user, c.oid, 'insert, update, delete, truncate')) as writable
  from pg_roles where rolname = session_user`;

interface Rights {
  name: string;
  isSuper: boolean;
  writable: number;
}

/** The databases of reports: whether they answer, and whether their users could do more than read. */
export async function reportDatabases({ env }: { env: NodeJS.ProcessEnv }): Promise<Finding[]> {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name]?.trim() !== '');
  const open = databases('', env);
  const found = names.map(async (variable): Promise<Finding[]> => {
    const what = `database ${variable}`;
    try {
      const database = open(variable.slice(PREFIX.length).toLowerCase().replaceAll('_', '-'));
      const url = env[variable]?.trim() ?? '';
      if (!isPostgres(url)) {
        await database.query('select 1 as one', {}, { timeoutMs: 5_000 });
        return [ok(what, 'answers; SQLite, read only')];
      }
      const [rights] = await database.query<Rights>(RIGHTS, {}, { timeoutMs: 5_000 });
      return [...(isPlainRemote(url) ? [plain(what)] : []), rightsFinding(what, rights)];
    } catch (error) {
      return [fail(what, `does not answer: ${messageOf(error)}`, `Check ${variable} and the server.`)];
    }
  });
  return (await Promise.all(found)).flat();
}

function rightsFinding(what: string, rights: Rights | undefined): Finding {
  const advice = 'Give reports a role of their own: create role reports login in role pg_read_all_data.';
  if (rights?.isSuper === true)
    return warn(what, `${rights.name} is a superuser; a report could do anything there`, advice);
  if (rights !== undefined && rights.writable > 0) {
    return warn(what, `${rights.name} may write to ${rights.writable} tables; reports only read`, advice);
  }
  return ok(what, 'answers; its role can only read');
}

function plain(what: string): Finding {
  return warn(what, 'the connection is not encrypted', 'Add ?sslmode=verify-full to its address.');
}
