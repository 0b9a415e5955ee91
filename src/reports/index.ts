/** All that a report is written with: `import { defineReport, header, z } from 'slack-reports/reports'`. */
export { z } from 'zod';
export {
  button,
  context,
  divider,
  type Figure,
  figures,
  header,
  rawBlock,
  type ReportBlock,
  section,
} from './blocks.ts';
export { chart, type PieInput, type SeriesChartInput } from './chart.ts';
export { chartImage } from './chart-image.ts';
export { csv, type FileContent, type ReportFile } from './csv.ts';
export type { Format } from './format.ts';
export { type Fixture, renderFixture } from './fixture.ts';
export {
  MessageRefused,
  type PostDraft,
  type ReportDraft,
  ReportImpossible,
  type ReportMessage,
  ReportSkipped,
  skip,
} from './message.ts';
export { defineReport, type Period, type Report, type ReportContext } from './report.ts';
export { env, type EnvReference } from './secrets.ts';
export type { Database, Http, HttpOptions, JsonOptions, Probe, Sources, Sql } from './source-types.ts';
export { table } from './table.ts';
export {
  bold,
  date,
  grouped,
  italic,
  join,
  link,
  mrkdwn,
  mention,
  mentionAll,
  type Mrkdwn,
  type Text,
  type Value,
} from './text.ts';
