import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EChartsOption } from 'echarts';
import { moduleFile } from '../../lib/module-file.ts';
import { installCommand, missingPackages } from '../../lib/optional-packages.ts';
import type { ChartSpec } from './chart-spec.ts';
import { glyphsOf } from './font-coverage.ts';

/** Optional peers of ours: two thirds of what an installation would take, and most reports have no picture. */
const PACKAGES = ['echarts', '@resvg/resvg-js', 'dejavu-fonts-ttf'];

/** What has to be installed before a picture can be drawn; empty where all of it is. */
export function missingChartPackages(): string[] {
  return missingPackages(PACKAGES);
}

/** The font that comes with the program: `dejavu-fonts-ttf`. */
export const FONT = 'DejaVu Sans';
/** Pixels of the layout: little more than Slack shows of a picture, so that its text stays readable. */
const WIDTH = 600;
const HEIGHT = 320;
/** Far more than such a picture needs. */
const PNG_BYTES_MAX = 20_000_000;
const DRAWING_TIMEOUT_MS = 30_000;
/** Dark enough on white, and distinct for readers with colour blindness (Okabe and Ito, 2008). */
const COLORS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#5f5f5f', '#a68a00', '#7a4ea3'];
/** Up to this number of points, each has its value next to it. */
const LABELLED_POINTS_MAX = 16;

/** The chart as an SVG. The first chart loads the library: most programs never draw one. */
export async function drawSvg(spec: ChartSpec): Promise<string> {
  const { init } = await import('echarts/dist/echarts.esm.min.mjs');
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(optionOf(spec));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/**
 * The chart as a PNG of 1,500 × 800 pixels on white. The library that makes it is native code, and a drawing that it does not
 * expect ends its process. So it has a process of its own, and the worker goes on without the picture. Throws when it fails.
 */
export async function drawPng(spec: ChartSpec): Promise<Uint8Array> {
  const missing = missingChartPackages();
  if (missing.length > 0) throw new Error(`it needs \`${installCommand(missing)}\``);
  const unknown = charactersWithoutGlyph(spec);
  if (unknown.length > 0) throw new Error(`its font has no ${unknown.join(' ')}`);
  const svg = await drawSvg(spec);
  const program = moduleFile('rasterise', import.meta.url);
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const options = { encoding: 'buffer', maxBuffer: PNG_BYTES_MAX, timeout: DRAWING_TIMEOUT_MS, env: {} } as const;
  const child = execFile(process.execPath, [program], options, (error, png) => {
    if (error === null && png.length > 0) resolve(png);
    else reject(new Error(`The drawing ended with ${error?.signal ?? `code ${error?.code ?? 0}`}`));
  });
  // The process may end before it has read everything; the callback above reports how it ended.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(svg);
  return promise;
}

/** The files of the font that comes with the program; a title is bold. */
export function fontFiles(): { regular: string; bold: string } {
  return { regular: fontFile('DejaVuSans.ttf'), bold: fontFile('DejaVuSans-Bold.ttf') };
}

function fontFile(name: string): string {
  return fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${name}`));
}

/** Characters named in the reason why a picture cannot be drawn. */
const NAMED_MAX = 5;

/**
 * The first characters of a chart that would be empty boxes in its picture, such as Chinese, Japanese or an emoji; the font that
 * has them all takes twenty times the space of ours. The chart is then shown as its table.
 */
export function charactersWithoutGlyph({ title, labels, series, xLabel = '', yLabel = '' }: ChartSpec): string[] {
  const { regular, bold } = fontFiles();
  const names = series.map(({ name }) => name);
  const all = [...lacking([title], bold), ...lacking([...labels, ...names, xLabel, yLabel], regular)];
  return [...new Set(all)].slice(0, NAMED_MAX);
}

function lacking(texts: readonly string[], file: string): string[] {
  const characters = [...new Set(texts.join(''))].filter((one) => !NEVER_DRAWN.test(one));
  const has = glyphsOf(file);
  return characters.filter((one) => !has(one.codePointAt(0) ?? 0));
}

/** Spaces, joiners and the like. */
const NEVER_DRAWN = /[\s\p{Cf}\p{Variation_Selector}]/u;

function optionOf(spec: ChartSpec): EChartsOption {
  const common: EChartsOption = {
    animation: false,
    backgroundColor: '#ffffff',
    color: COLORS,
    textStyle: { fontFamily: FONT, color: '#1d1c1d' },
    title: {
      text: spec.title,
      left: 16,
      top: 12,
      textStyle: { fontFamily: FONT, fontSize: 18, width: WIDTH - 32, overflow: 'truncate' },
    },
  };
  return spec.type === 'pie' ? { ...common, ...pieOption(spec) } : { ...common, ...axesOption(spec) };
}

function pieOption({ labels, series }: ChartSpec): EChartsOption {
  const values = series[0]?.values ?? [];
  return {
    series: {
      type: 'pie',
      radius: '68%',
      center: ['50%', '56%'],
      data: labels.map((name, at) => ({ name, value: values[at] ?? 0 })),
      label: { formatter: ({ name, percent = 0 }) => `${name}  ${SHARE.format(percent)} %`, fontSize: 13 },
    },
  };
}

function axesOption({ type, labels, series, xLabel, yLabel }: ChartSpec): EChartsOption {
  const hasLegend = series.length > 1;
  const label = { show: series.length === 1 && labels.length <= LABELLED_POINTS_MAX, position: 'top' as const };
  return {
    grid: {
      left: yLabel === undefined ? 24 : 48,
      right: 24,
      top: hasLegend ? 84 : 60,
      bottom: xLabel === undefined ? 20 : 44,
      containLabel: true,
    },
    ...(hasLegend && { legend: { top: 42, left: 16, type: 'plain', itemHeight: 10, textStyle: { fontSize: 12 } } }),
    xAxis: {
      type: 'category',
      data: [...labels],
      boundaryGap: type === 'bar',
      axisLabel: { fontSize: 12, hideOverlap: true },
      ...(xLabel !== undefined && { name: xLabel, nameLocation: 'middle' as const, nameGap: 30 }),
    },
    yAxis: {
      type: 'value',
      axisLabel: { fontSize: 12, formatter: (value: number) => COMPACT.format(value) },
      ...(yLabel !== undefined && { name: yLabel, nameLocation: 'middle' as const, nameGap: 48 }),
    },
    series: series.map(({ name, values }) => ({
      name,
      data: values.map((value) => value ?? '-'),
      label: { ...label, fontSize: 11, formatter: ({ value }: { value: unknown }) => labelOf(value) },
      ...(type === 'bar'
        ? { type: 'bar' as const, barMaxWidth: 48 }
        : {
            type: 'line' as const,
            showSymbol: labels.length <= LABELLED_POINTS_MAX,
            ...(type === 'area' && { areaStyle: { opacity: 0.25 } }),
          }),
    })),
  };
}

const SHARE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

function labelOf(value: unknown): string {
  return typeof value === 'number' ? COMPACT.format(value) : '';
}
