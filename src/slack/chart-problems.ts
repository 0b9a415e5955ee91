import * as limits from './block-limits.ts';
import { asArray, asObject, at, atMost, characters, required, type Json, type Problems } from './problem-list.ts';

/** The rules of one data_visualization block; see `DataVisualizationBlock` for its shape. */
export function chartProblems(problems: Problems, block: Json, pointer: string): void {
  required(problems, block, 'title', pointer);
  if (block['title'] !== undefined) characters(problems, block['title'], limits.CHART_TITLE_MAX, `${pointer}/title`);
  required(problems, block, 'chart', pointer);
  if (block['chart'] === undefined) return;

  const chart = asObject(block['chart']);
  const here = `${pointer}/chart`;
  if (chart['type'] === 'pie') pie(problems, chart, here);
  else if (['bar', 'line', 'area'].includes(String(chart['type']))) seriesChart(problems, chart, here);
  else problems.push(at(`unsupported type: ${String(chart['type'])}`, `${here}/type`));
}

function pie(problems: Problems, chart: Json, pointer: string): void {
  const segments = someOf(problems, chart['segments'], limits.CHART_SEGMENTS_MAX, `${pointer}/segments`);
  for (const [index, value] of segments.entries()) {
    const here = `${pointer}/segments/${index}`;
    const segment = point(problems, value, here);
    if (typeof segment['value'] === 'number' && segment['value'] <= 0) {
      problems.push(at('must be greater than 0', `${here}/value`));
    }
  }
}

function seriesChart(problems: Problems, chart: Json, pointer: string): void {
  const axis = asObject(chart['axis_config']);
  required(problems, chart, 'axis_config', pointer);
  const categories = someOf(problems, axis['categories'], limits.CHART_POINTS_MAX, `${pointer}/axis_config/categories`);
  for (const [index, category] of categories.entries()) {
    characters(problems, category, limits.CHART_LABEL_MAX, `${pointer}/axis_config/categories/${index}`);
  }
  unique(problems, categories, `${pointer}/axis_config/categories`);
  for (const label of ['x_label', 'y_label']) {
    if (axis[label] !== undefined) {
      characters(problems, axis[label], limits.CHART_AXIS_LABEL_MAX, `${pointer}/axis_config/${label}`);
    }
  }

  const series = someOf(problems, chart['series'], limits.CHART_SERIES_MAX, `${pointer}/series`).map(asObject);
  for (const [index, one] of series.entries()) {
    const here = `${pointer}/series/${index}`;
    characters(problems, one['name'], limits.CHART_LABEL_MAX, `${here}/name`);
    const points = someOf(problems, one['data'], limits.CHART_POINTS_MAX, `${here}/data`);
    const labels = points.map((value, nth) => point(problems, value, `${here}/data/${nth}`)['label']);
    if (!sameMembers(labels, categories)) {
      problems.push(at('labels must match axis_config.categories', `${here}/data`));
    }
  }
  unique(
    problems,
    series.map((one) => one['name']),
    `${pointer}/series`,
  );
}

function point(problems: Problems, value: unknown, pointer: string): Json {
  const object = asObject(value);
  characters(problems, object['label'], limits.CHART_LABEL_MAX, `${pointer}/label`);
  if (!Number.isFinite(object['value'])) problems.push(at('must be a number', `${pointer}/value`));
  return object;
}

function someOf(problems: Problems, value: unknown, max: number, pointer: string): unknown[] {
  const list = asArray(problems, value, pointer);
  if (Array.isArray(value) && list.length === 0) problems.push(at('no fewer than 1 items allowed', pointer));
  atMost(problems, list, max, pointer);
  return list;
}

function unique(problems: Problems, values: unknown[], pointer: string): void {
  if (new Set(values).size !== values.length) problems.push(at('must be unique', pointer));
}

function sameMembers(left: unknown[], right: unknown[]): boolean {
  return left.length === right.length && left.every((value) => right.includes(value));
}
