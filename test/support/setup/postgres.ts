import type { TestProject } from 'vitest/node';
import { startPostgres } from '../postgres.ts';
import './provided.ts';

/** One Postgres server for the files of a project; each test makes a database of its own. */
export default async function setup(project: TestProject) {
  const postgres = await startPostgres();
  if (postgres === undefined) console.log(`No Postgres on this machine: ${project.name} skips its tests on it`);
  project.provide('postgresUrl', postgres?.url);
  return () => postgres?.stop();
}
