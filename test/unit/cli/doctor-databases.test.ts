import { expect, test } from 'vitest';
import { Client } from 'pg';
import { reportDatabases } from '../../../src/cli/doctor/databases.ts';
import { isMissing, STORE_KINDS, temporaryStore } from '../../support/store.ts';

test.skipIf(isMissing('postgres') || !STORE_KINDS.includes('postgres'))(
  'doctor warns of a role that may write and of a superuser, and not of one that reads',
  async () => {
    await using temporary = await temporaryStore('postgres');
    const client = new Client(temporary.databaseUrl);
    await client.connect();
    const name = new URL(temporary.databaseUrl).pathname.slice(1);
    const [reader, writer] = [`reader_${name}`, `writer_${name}`];
    try {
      await client.query(`create role "${reader}" login in role pg_read_all_data`);
      await client.query(`create role "${writer}" login; grant insert on all tables in schema public to "${writer}"`);
      const as = (user: string) => temporary.databaseUrl.replace(/\/\/[^@]+@/, `//${user}@`);
      const findings = await reportDatabases({
        env: {
          REPORTS_DB_ROOT: temporary.databaseUrl,
          REPORTS_DB_READS: as(reader),
          REPORTS_DB_WRITES: as(writer),
          REPORTS_DB_GONE: 'postgres://a:b@127.0.0.1:1/x',
        },
      });
      expect(findings).toMatchObject([
        { kind: 'warn', detail: expect.stringMatching(/is a superuser/) },
        { kind: 'ok', what: 'database REPORTS_DB_READS' },
        { kind: 'warn', detail: expect.stringMatching(/may write to \d+ tables/) },
        { kind: 'fail', detail: expect.stringMatching(/ECONNREFUSED/) },
      ]);
    } finally {
      await client.query(`drop owned by "${reader}", "${writer}"; drop role "${reader}", "${writer}"`);
      await client.end();
    }
  },
);
