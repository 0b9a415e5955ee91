import { join } from 'node:path';
import { openSampleDatabase } from '../../examples/sample/database.ts';
import { accountActivity } from '../../examples/sample/reports/account-activity.ts';
import type { FoundReport } from '../../src/reports/registry.ts';
import { SAMPLE_FOLDER, type Sample } from '../../src/reports/sample.ts';

/** For `reportsWith`: the report that most tests send. */
export const SAMPLE_REPORT: FoundReport = {
  report: accountActivity,
  file: 'account-activity.ts',
};

interface Event {
  occurredAt: Date;
  kind: string;
  subject: string;
}

export type SampleAccounts = ReturnType<typeof sampleAccounts>;

/** A sample database without accounts in `folder`, where the programs find it that have their store there. */
export function sampleAccounts(folder: string) {
  const file = join(folder, 'sample.db');
  const database = openSampleDatabase(file);
  const sample: Sample = { reports: join(SAMPLE_FOLDER, 'reports'), databaseUrl: `sqlite:${file}` };
  return {
    sample,
    add(id: string, name: string, timezone = 'Europe/Berlin'): void {
      database.prepare('insert into accounts (id, name, timezone) values (?, ?, ?)').run(id, name, timezone);
    },
    record(account: string, ...events: readonly Event[]): void {
      const insert = database.prepare(
        'insert into account_activity (account_id, occurred_at, kind, subject) values (?, ?, ?, ?)',
      );
      // In one transaction: each waits for the disk.
      database.exec('begin');
      for (const { occurredAt, kind, subject } of events) insert.run(account, occurredAt.toISOString(), kind, subject);
      database.exec('commit');
    },
    [Symbol.dispose]: () => database.close(),
  };
}
