import type { Client } from '@temporalio/client';
import { type Context, contextOf } from '../client/context.ts';
import type { Config } from '../config.ts';
import type { Store } from '../store/open.ts';

/** Runs a command with what the programming interface works with, and closes what it opened. */
export async function withContext<Result>(work: (context: Context) => Promise<Result>): Promise<Result> {
  await using context = contextOf({ onNote: (note) => console.error(`note: ${note}`) });
  return await work(context);
}

/** Runs a command with the store open, and closes it. */
export async function withStore<Result>(work: (store: Store, config: Config) => Promise<Result>): Promise<Result> {
  return withContext(async (context) => work(await context.store(), context.config));
}

/** Runs a command with a connection to Temporal, and closes it. */
export async function withClient<Result>(work: (client: Client, config: Config) => Promise<Result>): Promise<Result> {
  return withContext(async (context) => work(await context.temporal(), context.config));
}
