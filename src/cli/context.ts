import type { Client } from '@temporalio/client';
import { type Config, loadConfig } from '../config.ts';
import { IN_MEMORY, isStoreThere, type Store, openStore } from '../store/open.ts';

/** For a command that adds to the store, and makes it where there is none. */
export const NEW_STORE = { create: true };

/** For a command that shows something without the store, such as a report that reads other databases: it sees an empty one. */
export const EMPTY_STORE = { orEmpty: true };

/** Runs a command with the store open, and closes it. Makes no new one, unless told. */
export async function withStore<Result>(
  work: (store: Store, config: Config) => Promise<Result>,
  { create = false, orEmpty = false } = {},
): Promise<Result> {
  const config = loadConfig();
  const url = orEmpty && !isStoreThere(config.databaseUrl) ? IN_MEMORY : config.databaseUrl;
  await using store = await openStore(url, undefined, { mustExist: !create && url !== IN_MEMORY });
  return await work(store, config);
}

/** Runs a command with a connection to Temporal, and closes it. */
export async function withClient<Result>(work: (client: Client, config: Config) => Promise<Result>): Promise<Result> {
  const config = loadConfig();
  // Only where it is needed: it is more to load than all the rest.
  const { connectClient } = await import('../temporal/connect.ts');
  await using client = await connectClient(config);
  return await work(client, config);
}
