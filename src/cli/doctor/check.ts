import type { Client } from '@temporalio/client';
import type { Config } from '../../config.ts';
import type { Reports } from '../../reports/registry.ts';
import type { Send } from '../../scheduling/send.ts';
import type { Schedules } from '../../schedule.ts';
import type { Notification } from '../../domain/notification.ts';
import type { Store } from '../../store/open.ts';
import type { Workspace } from '../../store/workspaces.ts';
import type { Finding } from './finding.ts';

/** For checks of this machine's clock. */
export interface ClockContext {
  config: Config;
  store: Store;
  /** Those that an enabled notification uses. */
  workspaces: readonly Workspace[];
}

/** For checks of a server that answers. */
export interface ServerContext {
  config: Config;
  client: Client;
  /** Found before: what the server says of times is not to be trusted then. */
  isClockOff: boolean;
}

/** For checks of a store that opens. */
export interface StoreContext {
  config: Config;
  store: Store;
  env: NodeJS.ProcessEnv;
  /** The enabled ones. */
  notifications: readonly Notification[];
  reports: Reports;
}

/** For checks of the store against the server. */
export interface CrossContext extends StoreContext {
  schedules: Schedules;
  sends: readonly Send[];
}

/** Checks one thing and changes nothing. */
export type Check<Context> = (context: Context) => Promise<Finding[]>;
