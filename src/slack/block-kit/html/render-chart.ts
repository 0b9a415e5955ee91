import type { ChartPoint, DataVisualizationBlock, SeriesChart } from '../data-visualization.ts';
import { html, type Html } from './html.ts';

const WIDTH = 620;
const HEIGHT = 260;
const PLOT = { left: 52, right: 608, top: 12, bottom: 224 };
const TICKS = 4;

export function renderChart({ title, chart }: DataVisualizationBlock): Html {
  const isPie = chart.type === 'pie';
  const names = isPie ? chart.segments.map(({ label }) => label) : chart.series.map(({ name }) => name);
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    ${isPie ? pie(chart.segments) : plot(chart, title)}
    ${
      (isPie || names.length > 1) &&
      html`<ul class="legend">
        ${names.map(
          (name, index) =>
            html`<li>
              <svg viewBox="0 0 10 10" aria-hidden="true">
                <rect class="fill s${index}" width="10" height="10" rx="2" /></svg
              >${name}${isPie && html` <b>${share(chart.segments, index)}</b>`}
            </li>`,
        )}
      </ul>`
    }
  </figure>`;
}

/** Where values and categories stand on the canvas. */
interface Scale {
  x: (index: number) => number;
  y: (value: number) => number;
  /** Width of one category. */
  step: number;
  ticks: number[];
}

function plot(chart: SeriesChart, title: string): Html {
  const { categories, x_label: xLabel, y_label: yLabel } = chart.axis_config;
  const scale = scaleOf(chart);
  const draw = { bar: bars, line: lines, area: areas }[chart.type];
  return html`${yLabel !== undefined && html`<div class="axis-label">${yLabel}</div>`}
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
      ${scale.ticks.map(
        (tick) =>
          html`<line
              class="grid"
              x1="${PLOT.left}"
              x2="${PLOT.right}"
              y1="${scale.y(tick)}"
              y2="${scale.y(tick)}"
            /><text class="tick" x="${PLOT.left - 8}" y="${scale.y(tick) + 4}" text-anchor="end">${short(tick)}</text>`,
      )}
      ${draw(chart, scale)}
      ${categories.map(
        (category, index) =>
          showsLabel(index, categories, CHARACTER) &&
          html`<text
            class="tick${!showsLabel(index, categories, NARROW_CHARACTER) && ' wide'}"
            x="${scale.x(index)}"
            y="${PLOT.bottom + 28}"
            text-anchor="middle"
            >${category}</text
          >`,
      )}
    </svg>
    ${xLabel !== undefined && html`<div class="axis-label x">${xLabel}</div>`}`;
}

function scaleOf({ series, axis_config: { categories } }: SeriesChart): Scale {
  const values = series.flatMap(({ data }) => data.map(({ value }) => value));
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const stride = niceStep((high - low || 1) / TICKS);
  const bottom = Math.floor(low / stride) * stride;
  const top = Math.max(Math.ceil(high / stride) * stride, bottom + stride);
  const step = (PLOT.right - PLOT.left) / Math.max(1, categories.length);
  return {
    step,
    x: (index) => round(PLOT.left + step * (index + 0.5)),
    y: (value) => round(PLOT.bottom - ((value - bottom) / (top - bottom)) * (PLOT.bottom - PLOT.top)),
    ticks: Array.from({ length: Math.round((top - bottom) / stride) + 1 }, (_, index) => bottom + index * stride),
  };
}

function bars(chart: SeriesChart, scale: Scale): Html[] {
  const width = Math.min(44, (scale.step * 0.72) / chart.series.length);
  return chart.series.flatMap(({ name, data }, nth) =>
    inOrder(chart, data).map(({ label, value }, index) => {
      const left = scale.x(index) + (nth - chart.series.length / 2) * width;
      const [top, foot] = [scale.y(Math.max(0, value)), scale.y(Math.min(0, value))];
      return html`<rect
        class="fill s${nth}"
        x="${round(left + 1)}"
        y="${top}"
        width="${round(width - 2)}"
        height="${round(Math.max(1, foot - top))}"
        rx="3"
        >${tip(name, label, value)}</rect
      >`;
    }),
  );
}

function lines(chart: SeriesChart, scale: Scale): Html[] {
  return chart.series.map(({ name, data }, nth) => {
    const points = inOrder(chart, data);
    const path = points.map(({ value }, index) => `${scale.x(index)},${scale.y(value)}`).join(' ');
    const dots = points.map(
      ({ label, value }, index) =>
        html`<circle class="dot s${nth}" cx="${scale.x(index)}" cy="${scale.y(value)}" r="3.5"
          >${tip(name, label, value)}</circle
        >`,
    );
    return html`<polyline class="line s${nth}" points="${path}" />${dots}`;
  });
}

function areas(chart: SeriesChart, scale: Scale): Html[] {
  const filled = chart.series.map(({ data }, nth) => {
    const points = inOrder(chart, data);
    const path = points.map(({ value }, index) => `${scale.x(index)},${scale.y(value)}`).join(' ');
    const base = scale.y(0);
    return html`<polygon
      class="area s${nth}"
      points="${scale.x(0)},${base} ${path} ${scale.x(points.length - 1)},${base}"
    />`;
  });
  return [...filled, ...lines(chart, scale)];
}

const PIE = { size: 220, center: 110, radius: 78 };

/** A ring of dashes: each segment is a piece of one circle's outline, which copes with a segment of 100 %. */
function pie(segments: ChartPoint[]): Html {
  const sum = total(segments);
  const around = 2 * Math.PI * PIE.radius;
  const starts = segments.map((_, index) => total(segments.slice(0, index)) / sum);
  return html`<svg
    class="pie"
    viewBox="0 0 ${PIE.size} ${PIE.size}"
    role="img"
    aria-label="${segments.map(({ label, value }) => `${label} ${value}`).join(', ')}"
  >
    ${segments.map(
      ({ label, value }, index) =>
        html`<circle
          class="line s${index}"
          cx="${PIE.center}"
          cy="${PIE.center}"
          r="${PIE.radius}"
          stroke-dasharray="${round((value / sum) * around)} ${round(around)}"
          stroke-dashoffset="${round(-(starts[index] ?? 0) * around)}"
          transform="rotate(-90 ${PIE.center} ${PIE.center})"
          >${tip(label, share(segments, index), value)}</circle
        >`,
    )}
  </svg>`;
}

/** Slack orders points by category, whatever their order in the series. */
function inOrder({ axis_config: { categories } }: SeriesChart, data: ChartPoint[]): ChartPoint[] {
  return categories.map((label) => data.find((point) => point.label === label) ?? { label, value: 0 });
}

function tip(series: string, label: string, value: number): Html {
  return html`<title>${series} · ${label}: ${value.toLocaleString('en')}</title>`;
}

function share(segments: ChartPoint[], index: number): string {
  const part = (segments[index]?.value ?? 0) / total(segments);
  return part.toLocaleString('en', { style: 'percent', maximumFractionDigits: 1 });
}

function total(segments: ChartPoint[]): number {
  return segments.reduce((sum, { value }) => sum + value, 0);
}

/** 1, 2, 2.5 or 5 times a power of ten, and at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 2.5, 5].find((factor) => factor * power >= rough) ?? 10);
}

/** Width of a character of a label, and of the larger ones that the style sheet gives a narrow page. */
const CHARACTER = 7;
const NARROW_CHARACTER = 12;

/** All labels when they have room; else every second, third... */
function showsLabel(index: number, categories: string[], character: number): boolean {
  const longest = Math.max(...categories.map((category) => category.length));
  const room = Math.floor((PLOT.right - PLOT.left) / (longest * character + 10));
  return index % Math.max(1, Math.ceil(categories.length / room)) === 0;
}

function short(value: number): string {
  return value.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 2 });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
