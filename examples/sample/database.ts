/**
 * Creates the database that the sample's report reads, or adds the activity that is missing:
 *
 *   node examples/sample/database.ts data/sample.db
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { activityOfHour, SAMPLE_ACCOUNTS } from './activity.ts';

const HOUR_MS = 3_600_000;
/** Days of made-up activity, back and ahead: the reports go on for a week without another `npm start`. */
const DAYS_BACK = 28;
const DAYS_AHEAD = 7;
/** A report may be reading; in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

const SCHEMA = `
  create table if not exists accounts (id text primary key, name text not null, timezone text not null) strict;
  create table if not exists account_activity (
    account_id text not null references accounts (id),
    occurred_at text not null, -- ISO 8601, in UTC with milliseconds
    kind text not null,
    subject text not null
  ) strict;
  create index if not exists account_activity_by_account on account_activity (account_id, occurred_at)`;

/** Opens the sample's database with its tables, which are empty in a new file. */
export function openSampleDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  database.exec(SCHEMA);
  return database;
}

/** The sample accounts and what they did around `now`. Adds only what is missing. */
export function writeSampleDatabase(file: string, now: Date): void {
  using database = openSampleDatabase(file);
  database.exec('begin immediate');
  const addAccount = database.prepare('insert or ignore into accounts (id, name, timezone) values (?, ?, ?)');
  for (const { id, name, timezone } of SAMPLE_ACCOUNTS) addAccount.run(id, name, timezone);
  const addActivity = database.prepare(
    'insert into account_activity (account_id, occurred_at, kind, subject) values (?, ?, ?, ?)',
  );
  for (const hour of missingHours(database, now)) {
    for (const { account, occurredAt, kind, subject } of activityOfHour(hour)) {
      addActivity.run(account, occurredAt, kind, subject);
    }
  }
  database.exec('commit');
}

function missingHours(database: DatabaseSync, now: Date): Date[] {
  const row = database.prepare('select max(occurred_at) as last from account_activity').get();
  const last = row?.['last'];
  const afterLast = typeof last === 'string' ? startOfHour(new Date(last)) + HOUR_MS : 0;
  const from = Math.max(afterLast, startOfHour(now) - DAYS_BACK * 24 * HOUR_MS);
  const until = startOfHour(now) + DAYS_AHEAD * 24 * HOUR_MS;
  const length = Math.max(0, (until - from) / HOUR_MS);
  return Array.from({ length }, (_, index) => new Date(from + index * HOUR_MS));
}

function startOfHour(instant: Date): number {
  return Math.floor(instant.getTime() / HOUR_MS) * HOUR_MS;
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error('Usage: database.ts <file>');
  writeSampleDatabase(file, new Date());
}
