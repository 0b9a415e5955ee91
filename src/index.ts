/**
 * For programs of yours in this project: `import { startRun } from 'slack-reports'` starts a run on any Temporal client, and
 * `sendAt` one at a time to come. See examples/.
 */
export { loadConfig } from './config.ts';
export { loadEnvFile } from './lib/env-file.ts';
export { UserError } from './lib/errors.ts';
export { followRun, type NewRun, type RunHandle, startRun } from './runs/start.ts';
export type { Send } from './scheduling/send.ts';
export { cancelSend, listSends, type NewSend, rescheduleSend, sendAt } from './scheduling/send.ts';
export type { FailedFilter, NotificationFilter, ParkedOwner, Selection } from './domain/selection.ts';
export { connectClient } from './temporal/connect.ts';
export type { DispatchProgress } from './contract/dispatch.ts';
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
