import {
  CHART_AXIS_LABEL_MAX,
  CHART_LABEL_MAX,
  CHART_POINTS_MAX,
  CHART_SEGMENTS_MAX,
  CHART_SERIES_MAX,
  CHART_TITLE_MAX,
} from '../../slack/block-kit/block-limits.ts';
import type { DataVisualizationBlock } from '../../slack/block-kit/data-visualization.ts';
import { asMade, asPicture, context, type ReportBlock } from './blocks.ts';
import { currentFormat } from './format.ts';
import { toPlain, type Value } from './text.ts';
import { chartAltText, type ChartSpec } from '../../slack/charts/chart-spec.ts';

/** A missing measurement is null; it is left out, never drawn as zero. */
type Measured = number | null | undefined;

/** A chart of one or more series over common labels. */
export interface SeriesChartInput {
  type: 'bar' | 'line' | 'area';
  title: Value;
  /** The x axis, from left to right. */
  labels: readonly Value[];
  /** Each with one value for each label. */
  series: readonly { name: Value; values: readonly Measured[] }[];
  xLabel?: Value;
  yLabel?: Value;
}

/** A chart of shares of a whole. */
export interface PieInput {
  type: 'pie';
  title: Value;
  /** Those above zero are drawn; of more than six the five largest, and the others as one. */
  slices: readonly { label: Value; value: Measured }[];
}

/**
 * Slack's own chart; two in a message at most. Of more than 20 labels the first are drawn as bars, and the last, the
 * newest, as a line or an area; of more than six series the first six. The title says "(20 of 35)" when labels are missing.
 * @example chart({ type: 'bar', title: 'Orders', labels: ['Mon', 'Tue'], series: [{ name: 'Orders', values: [31, 12] }] })
 */
export function chart(input: PieInput | SeriesChartInput): ReportBlock {
  return input.type === 'pie' ? pie(input) : seriesChart(input);
}

function seriesChart({ type, title, labels, series, xLabel, yLabel }: SeriesChartInput): ReportBlock {
  const shownSeries = series.slice(0, CHART_SERIES_MAX);
  const measured = labels.flatMap((label, at) => {
    const values = shownSeries.map(({ values: all }) => all[at]).filter((value) => Number.isFinite(value));
    return values.length === shownSeries.length ? [{ label, values: values as number[] }] : [];
  });
  const points = type === 'bar' ? measured.slice(0, CHART_POINTS_MAX) : measured.slice(-CHART_POINTS_MAX);
  if (points.length === 0 || shownSeries.length === 0) return noData(title);

  const categories = unique(points.map(({ label }) => toPlain(label, CHART_LABEL_MAX)));
  const names = unique(shownSeries.map(({ name }) => toPlain(name, CHART_LABEL_MAX)));
  return made(titleOf(title, points.length, labels.length), {
    type,
    series: names.map((name, nth) => ({
      name,
      data: categories.map((label, at) => ({ label, value: points[at]?.values[nth] ?? 0 })),
    })),
    axis_config: {
      categories,
      ...(xLabel !== undefined && { x_label: toPlain(xLabel, CHART_AXIS_LABEL_MAX) }),
      ...(yLabel !== undefined && { y_label: toPlain(yLabel, CHART_AXIS_LABEL_MAX) }),
    },
  });
}

function pie({ title, slices }: PieInput): ReportBlock {
  const drawn = slices
    .flatMap(({ label, value }) =>
      Number.isFinite(value) && Number(value) > 0 ? [{ label, value: Number(value) }] : [],
    )
    .toSorted((a, b) => b.value - a.value);
  if (drawn.length === 0) return noData(title);
  const kept = drawn.length > CHART_SEGMENTS_MAX ? drawn.slice(0, CHART_SEGMENTS_MAX - 1) : drawn;
  const others = drawn.slice(kept.length);
  const rest = Math.min(
    Number.MAX_VALUE,
    others.reduce((sum, slice) => sum + slice.value, 0),
  );
  const shown =
    others.length === 0
      ? kept
      : [...kept, { label: currentFormat().words('others', { count: others.length }), value: rest }];
  const labels = unique(shown.map(({ label }) => toPlain(label, CHART_LABEL_MAX)));
  const segments = shown.map(({ value }, at) => ({ label: labels[at] ?? '', value }));
  return made(titleOf(title, 1, 1), { type: 'pie', segments });
}

function made(title: string, drawing: DataVisualizationBlock['chart']): ReportBlock {
  return asMade({ type: 'data_visualization', title, chart: drawing });
}

function noData(title: Value): ReportBlock {
  return context(currentFormat().words('noData', { title: toPlain(title, CHART_TITLE_MAX) }));
}

function titleOf(title: Value, shown: number, all: number): string {
  const sign = shown < all ? ` (${currentFormat().words('someOf', { count: shown, all })})` : '';
  return toPlain(title, CHART_TITLE_MAX - sign.length) + sign;
}

/** Slack refuses a label that stands twice; the later one gets a number. */
function unique(labels: readonly string[]): string[] {
  const taken = new Set<string>();
  return labels.map((label) => {
    let name = label;
    for (let nth = 2; taken.has(name); nth += 1) {
      const sign = ` (${nth})`;
      name = toPlain(label, CHART_LABEL_MAX - sign.length) + sign;
    }
    taken.add(name);
    return name;
  });
}

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
 * as a table. Needs the scope `files:write`, and the packages `echarts`, `@resvg/resvg-js` and `dejavu-fonts-ttf`.
 * @example chartImage({ type: 'line', title: 'Orders', labels: days, series: [{ name: 'Orders', values: counts }] })
 */
export function chartImage(input: PieInput | SeriesChartInput): ReportBlock {
  const spec = input.type === 'pie' ? pieSpec(input) : seriesSpec(input);
  const hasData = spec.series.some(({ values }) => values.some((value) => value !== null));
  if (!hasData) return noData(spec.title);
  return asPicture({ chart: spec, altText: chartAltText(spec, ALT_TEXT_MAX) });
}

function seriesSpec({ type, title, labels, series, xLabel, yLabel }: SeriesChartInput): ChartSpec {
  const from = type === 'bar' ? 0 : Math.max(0, labels.length - POINTS_MAX);
  const shown = labels.slice(from, from + POINTS_MAX);
  const isCut = shown.length < labels.length;
  const sign = isCut ? ` (${currentFormat().words('someOf', { count: shown.length, all: labels.length })})` : '';
  return {
    type,
    title: toPlain(title, TITLE_MAX - sign.length) + sign,
    labels: shown.map((label) => toPlain(label, LABEL_MAX)),
    series: series.slice(0, SERIES_MAX).map(({ name, values }) => ({
      name: toPlain(name, LABEL_MAX),
      values: shown.map((_, at) => finite(values[from + at])),
    })),
    ...(xLabel !== undefined && { xLabel: toPlain(xLabel, LABEL_MAX) }),
    ...(yLabel !== undefined && { yLabel: toPlain(yLabel, LABEL_MAX) }),
  };
}

function pieSpec({ title, slices }: PieInput): ChartSpec {
  const drawn = slices
    .flatMap(({ label, value }) => (Number(finite(value)) > 0 ? [{ label, value: Number(value) }] : []))
    .toSorted((a, b) => b.value - a.value);
  const kept = drawn.length > SERIES_MAX ? drawn.slice(0, SERIES_MAX - 1) : drawn;
  const others = drawn.slice(kept.length);
  const rest = others.reduce((sum, { value }) => Math.min(Number.MAX_VALUE, sum + value), 0);
  const shown =
    others.length === 0
      ? kept
      : [...kept, { label: currentFormat().words('others', { count: others.length }), value: rest }];
  return {
    type: 'pie',
    title: toPlain(title, TITLE_MAX),
    labels: shown.map(({ label }) => toPlain(label, LABEL_MAX)),
    series: [{ name: currentFormat().words('value'), values: shown.map(({ value }) => value) }],
  };
}

function finite(value: number | null | undefined): number | null {
  return Number.isFinite(value) ? Number(value) : null;
}
