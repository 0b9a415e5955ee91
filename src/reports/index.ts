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
export { type Fixture, renderFixture } from './fixture.ts';
export { MessageRefused, type PostDraft, type ReportDraft, ReportImpossible, type ReportMessage } from './message.ts';
export { defineReport, type Period, type Report, type ReportContext, type Sources, type Sql } from './report.ts';
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
