/** All that a source is written with: `import { defineSource, isDue } from 'slack-reports/sources'`. */
export { type DueOccurrence, isDue } from '../domain/recurrence/is-due.ts';
export { defineSource, type DuePage, type DueRequest, type Source, type SourceNotification } from './define.ts';
