import type { Client } from '@temporalio/client';
import { type Config, loadConfig } from '../config.ts';
import { type Store, openStore } from '../store/open.ts';

/** Runs a command with the store open, and closes it. */
export async function withStore<Result>(work: (store: Store, config: Config) => Promise<Result>): Promise<Result> {
  const config = loadConfig();
  await using store = await openStore(config.databaseUrl);
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
