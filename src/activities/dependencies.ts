import type { AnyReport } from '../reports/define.ts';
import type { Sources } from '../reports/sources/types.ts';
import type { SlackClients } from '../slack/client.ts';
import type { NotificationSource } from '../store/claims/source-claim.ts';
import type { Store } from '../store/open.ts';
import type { Metrics } from '../observability/metrics.ts';

/** What the activities work with; made once by the worker. */
export interface Dependencies {
  store: Store;
  metrics: Metrics;
  slack: SlackClients;
  sources: Sources;
  /** Whether reports say in small print why they came. */
  footer: boolean;
  /** Where notifications come from, besides the store's own table. */
  notificationSources: readonly NotificationSource[];
  findReport: (name: string) => AnyReport | undefined;
  /** With the payload codec on: no name goes into search attributes, which are never encrypted. */
  hidesNames: boolean;
  /** How many deliveries of a run may be under way at once. */
  concurrency: number;
  /** Deliveries try a local activity first. */
  fastPath: boolean;
  /** Who is told of what does not arrive and has no owner of its own. */
  owner: string | undefined;
  /** Deliveries older than this are deleted once a day, in milliseconds; undefined keeps all. */
  ledgerRetentionMs: number | undefined;
  /** Says elsewhere that a run has claimed; never fails, and is not waited for. */
  sendHeartbeat: () => void;
  /** How long after a lost answer the channel is read, in milliseconds: longer than the call and Slack's own delay. */
  settleMs: number;
}
