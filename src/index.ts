/**
 * For programs: `slackReportsClient()` does what the command line does; `startRun` and `sendAt` need only a Temporal client.
 * docs/api.md, examples/
 */
export { loadConfig } from './config.ts';
export { loadEnvFile } from './lib/env-file.ts';
export { UserError } from './lib/errors.ts';
export { slackReportsClient, type SlackReportsClient } from './client/index.ts';
export type { ClientOptions } from './client/context.ts';
export type { Explanation, ParkedRow } from './client/deliveries.ts';
export type { ApplyOptions, ApplyResult, NotificationInput } from './client/notifications.ts';
export type { Preview } from './client/preview.ts';
export type { RunRequest, RunRow } from './client/runs.ts';
export type { ReportToSend, SendWhat } from './client/sends.ts';
export { listSends, type NewRun, type NewSend, sendAt, startRun } from './client/functions.ts';
export { followRun, type RunHandle } from './runs/start.ts';
export { cancelSend, rescheduleSend, type Send } from './scheduling/send.ts';
export type { Delivery, DeliveryState, ReportPost } from './domain/delivery.ts';
export type { Notification } from './domain/notification.ts';
export type { ApplyPlan, DeclaredRows } from './notifications/apply.ts';
export type { FailedFilter, NotificationFilter, ParkedOwner, Selection } from './domain/selection.ts';
export { connectClient } from './temporal/connect.ts';
export type { DispatchProgress, RunProgress } from './contract/dispatch.ts';
export { runWorker, type WorkerOptions } from './run-worker.ts';
export {
  defineSource,
  type DueOccurrence,
  type DuePage,
  type DueRequest,
  isDue,
  type Source,
  type SourceNotification,
} from './sources/index.ts';
