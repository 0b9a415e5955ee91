import { type ChartSpec, chartAltText } from '../slack/charts/chart-spec.ts';
import { asPicture, context, type ReportBlock } from './blocks.ts';
import type { PieInput, SeriesChartInput } from './chart.ts';
import { toPlain } from './text.ts';

/** A day of each year fits; more points are no longer told apart in a picture of 600 pixels. */
const POINTS_MAX = 366;
/** More lines, or slices, than that are no longer told apart by their colours. */
const SERIES_MAX = 12;
const TITLE_MAX = 100;
const LABEL_MAX = 40;
/** Slack's `alt_txt` of an upload: https://docs.slack.dev/reference/methods/files.getUploadURLExternal */
const ALT_TEXT_MAX = 1_000;

/**
 * A chart as a picture, for what Slack's own chart does not take: up to 366 points and 12 series, and gaps where nothing was
 * measured. It is drawn and uploaded before the message is posted. Where that does not work, its values stand in its place
 * as a table. Needs the scope `files:write`.
 */
export function chartImage(input: PieInput | SeriesChartInput): ReportBlock {
  const spec = input.type === 'pie' ? pieSpec(input) : seriesSpec(input);
  const hasData = spec.series.some(({ values }) => values.some((value) => value !== null));
  if (!hasData) return context(`${spec.title}: no data`);
  return asPicture({ chart: spec, altText: chartAltText(spec, ALT_TEXT_MAX) });
}

function seriesSpec({ type, title, labels, series, xLabel, yLabel }: SeriesChartInput): ChartSpec {
  const from = type === 'bar' ? 0 : Math.max(0, labels.length - POINTS_MAX);
  const shown = labels.slice(from, from + POINTS_MAX);
  const sign = shown.length < labels.length ? ` (${shown.length} of ${labels.length})` : '';
  return {
    type,
    title: toPlain(title, TITLE_MAX - sign.length) + sign,
    labels: shown.map((label) => toPlain(label, LABEL_MAX)),
    series: series.slice(0, SERIES_MAX).map(({ name, values }) => ({
      name: toPlain(name, LABEL_MAX),
      values: shown.map((_, at) => measured(values[from + at])),
    })),
    ...(xLabel !== undefined && { xLabel: toPlain(xLabel, LABEL_MAX) }),
    ...(yLabel !== undefined && { yLabel: toPlain(yLabel, LABEL_MAX) }),
  };
}

function pieSpec({ title, slices }: PieInput): ChartSpec {
  const drawn = slices
    .flatMap(({ label, value }) => (Number(measured(value)) > 0 ? [{ label, value: Number(value) }] : []))
    .toSorted((a, b) => b.value - a.value);
  const kept = drawn.length > SERIES_MAX ? drawn.slice(0, SERIES_MAX - 1) : drawn;
  const others = drawn.slice(kept.length);
  const rest = others.reduce((sum, { value }) => Math.min(Number.MAX_VALUE, sum + value), 0);
  const shown = others.length === 0 ? kept : [...kept, { label: `${others.length} others`, value: rest }];
  return {
    type: 'pie',
    title: toPlain(title, TITLE_MAX),
    labels: shown.map(({ label }) => toPlain(label, LABEL_MAX)),
    series: [{ name: 'Value', values: shown.map(({ value }) => value) }],
  };
}

function measured(value: number | null | undefined): number | null {
  return Number.isFinite(value) ? Number(value) : null;
}
