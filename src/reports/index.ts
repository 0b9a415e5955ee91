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
} from './blocks/blocks.ts';
export { chart, type PieInput, type SeriesChartInput } from './blocks/chart.ts';
export { chartImage } from './blocks/chart.ts';
export { csv, type FileContent, type ReportFile } from './blocks/csv.ts';
export type { Better, Format } from './blocks/format.ts';
export type { LocalDay, LocalPeriod, Period } from './blocks/period.ts';
export type { Plural, Say, WordList, Words, WordValue } from './blocks/words.ts';
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
export { ReportMistake } from './mistake.ts';
export { defineReport, type Report, type ReportContext } from './define.ts';
export { env, type EnvReference } from './sources/secrets.ts';
export type { Database, Http, HttpOptions, JsonOptions, Probe, Sources, Sql } from './sources/types.ts';
export { type Cell, type Column, table, type TableOptions } from './blocks/table.ts';
export {
  bold,
  code,
  date,
  emoji,
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
} from './blocks/text.ts';
