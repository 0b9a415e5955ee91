import type { Client } from '@temporalio/client';
import type { Config } from '../config.ts';
import type { Reports } from '../reports/registry.ts';
import type { Send } from '../schedules/one-off.ts';
import type { Schedules } from '../schedule.ts';
import type { Notification } from '../domain/notification.ts';
import type { Store } from '../store/open.ts';
import type { Finding } from './finding.ts';

/** What a check looks at; one that answers. */
export interface ServerPlace {
  config: Config;
  client: Client;
}

export interface StorePlace {
  config: Config;
  store: Store;
  env: NodeJS.ProcessEnv;
  /** Those that are enabled. */
  notifications: readonly Notification[];
  reports: Reports;
}

/** For what the store says of the server. */
export interface BothPlace extends StorePlace {
  schedules: Schedules;
  sends: readonly Send[];
}

/** Looks at one thing, changes nothing, and gives a line or more. */
export type Check<Place> = (place: Place) => Promise<Finding[]>;
