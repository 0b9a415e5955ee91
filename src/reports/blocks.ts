import type { ActionsBlock, ContextBlock, DividerBlock, HeaderBlock, SectionBlock, TableBlock } from '@slack/types';
import {
  BUTTON_TEXT_MAX,
  CHART_LABEL_MAX,
  CHART_POINTS_MAX,
  CHART_TITLE_MAX,
  HEADER_TEXT_MAX,
  SECTION_FIELD_TEXT_MAX,
  SECTION_FIELDS_MAX,
  SECTION_TEXT_MAX,
  TABLE_ROWS_MAX,
} from '../slack/block-limits.ts';
import type { DataVisualizationBlock } from '../slack/data-visualization.ts';

/**
 * Makes any text safe inside mrkdwn: data can neither mention a channel nor forge a link.
 * https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Cuts at `max` characters with a sign that something was cut, never in the middle of an emoji. */
export function truncate(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - 1);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/** A large plain title. */
export function header(text: string): HeaderBlock {
  return { type: 'header', text: { type: 'plain_text', text: truncate(text, HEADER_TEXT_MAX), emoji: true } };
}

/** A paragraph of mrkdwn; escape what comes from data. */
export function section(mrkdwn: string): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: truncate(mrkdwn, SECTION_TEXT_MAX) } };
}

export interface Figure {
  label: string;
  value: string;
  /** Said under the value: the change against the period before. */
  note?: string;
}

/** Key figures, two in a row; ten at the most. */
export function figures(all: readonly Figure[]): SectionBlock {
  const fields = all.slice(0, SECTION_FIELDS_MAX).map(({ label, value, note }) => {
    const text = `${escape(label)}\n*${escape(value)}*${note === undefined ? '' : `  ${escape(note)}`}`;
    return { type: 'mrkdwn' as const, text: truncate(text, SECTION_FIELD_TEXT_MAX) };
  });
  return { type: 'section', fields };
}

/** Rows under a header row; numbers to the right. An empty cell is shown as a dash, since Slack refuses it. */
export function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): TableBlock {
  const cells = [columns, ...rows.slice(0, TABLE_ROWS_MAX - 1)].map((row) =>
    row.map((cell) => ({ type: 'raw_text' as const, text: truncate(String(cell), CELL_TEXT_MAX) || '–' })),
  );
  const settings = columns.map((_, index) => ({
    align: isNumberColumn(rows, index) ? ('right' as const) : ('left' as const),
  }));
  return { type: 'table', rows: cells, column_settings: settings };
}

/** Keeps a full table of ten columns below Slack's 10,000 characters for all cells. */
const CELL_TEXT_MAX = 80;

function isNumberColumn(rows: readonly (readonly (string | number)[])[], index: number): boolean {
  return rows.length > 0 && rows.every((row) => typeof row[index] === 'number');
}

/** Bars, one for each point; the first twenty. */
export function barChart(
  title: string,
  seriesName: string,
  points: readonly { label: string; value: number }[],
): DataVisualizationBlock {
  const data = points
    .slice(0, CHART_POINTS_MAX)
    .map(({ label, value }) => ({ label: truncate(label, CHART_LABEL_MAX), value }));
  return {
    type: 'data_visualization',
    title: truncate(title, CHART_TITLE_MAX),
    chart: {
      type: 'bar',
      series: [{ name: truncate(seriesName, CHART_LABEL_MAX), data }],
      axis_config: { categories: data.map((point) => point.label) },
    },
  };
}

/** A button that opens a page. */
export function linkButton(text: string, url: string): ActionsBlock {
  const label = { type: 'plain_text' as const, text: truncate(text, BUTTON_TEXT_MAX), emoji: true };
  return { type: 'actions', elements: [{ type: 'button', text: label, url }] };
}

/** Small grey print; escape what comes from data. */
export function context(mrkdwn: string): ContextBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: truncate(mrkdwn, SECTION_TEXT_MAX) }] };
}

export function divider(): DividerBlock {
  return { type: 'divider' };
}
