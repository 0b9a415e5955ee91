import type { Client } from '@temporalio/client';
import { type Context, contextOf, type MissingStore } from '../client/context.ts';
import type { Config } from '../config.ts';
import type { Store } from '../store/open.ts';

/** For a command that adds to the store, and makes it where there is none. */
export const NEW_STORE: MissingStore = 'create';

/** For a command that shows something without the store, such as a report that reads other databases: it sees an empty one. */
export const EMPTY_STORE: MissingStore = 'empty';

/** Runs a command with what the programming interface works with, and closes what it opened. Makes no store, unless told. */
export async function withContext<Result>(
  work: (context: Context) => Promise<Result>,
  missingStore: MissingStore = 'refuse',
): Promise<Result> {
  await using context = contextOf({ onNote: (note) => console.error(`note: ${note}`) }, missingStore);
  return await work(context);
}

/** Runs a command with the store open, and closes it. Makes no new one, unless told. */
export async function withStore<Result>(
  work: (store: Store, config: Config) => Promise<Result>,
  missingStore: MissingStore = 'refuse',
): Promise<Result> {
  return withContext(async (context) => work(await context.store(), context.config), missingStore);
}

/** Runs a command with a connection to Temporal, and closes it. */
export async function withClient<Result>(work: (client: Client, config: Config) => Promise<Result>): Promise<Result> {
  return withContext(async (context) => work(await context.temporal(), context.config));
}
