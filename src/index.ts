/**
 * For programs of yours in this project: `import { startRun } from 'slack-reports'` starts a run on any Temporal client.
 * See examples/import-finished.ts.
 */
export { loadConfig, loadEnvFile } from './config.ts';
export { UserError } from './errors.ts';
export { followRun, type NewRun, type RunHandle, startRun } from './run.ts';
export type { Selection } from './activities/dispatch.ts';
export type { NotificationFilter } from './store/notification-filter.ts';
export { connectClient } from './temporal.ts';
export type { DispatchProgress } from './workflows/progress.ts';
