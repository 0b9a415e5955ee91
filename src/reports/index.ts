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
export { type Fixture, renderFixture } from './fixture.ts';
export { MessageRefused, type ReportDraft, ReportImpossible, type ReportMessage } from './message.ts';
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
