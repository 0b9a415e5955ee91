import { type ChartSpec, chartLines, chartTable, specOf } from './charts/chart-spec.ts';
import type { SlackFailure } from './errors.ts';
import type { DataVisualizationBlock } from './block-kit/data-visualization.ts';
import { asObject } from './block-kit/json.ts';

/** What the pictures of a message show, by the place of their block. */
export type PictureSpecs = ReadonlyMap<number, ChartSpec>;

/**
 * The blocks with a table, or lines of text, in the place of each chart or picture that Slack refuses; undefined where
 * none of them is to blame. What is wrong with one is taken to be wrong with all of its kind: a workspace knows chart
 * blocks or does not.
 */
export function withChartFallbacks(
  blocks: readonly unknown[],
  pictures: PictureSpecs | undefined,
  { code, message }: SlackFailure,
): unknown[] | undefined {
  if (code !== 'invalid_blocks') return undefined;
  const drawn = [...blocks.keys()].filter((at) => specAt(blocks, at, pictures) !== undefined);
  const named = [...message.matchAll(/\/blocks\/(\d+)/g)].map(([, at]) => Number(at));
  const blamed = named.length === 0 ? drawn : drawn.filter((at) => named.includes(at));
  if (blamed.length === 0) return undefined;
  const kinds = new Set(blamed.map((at) => typeOf(blocks[at])));
  return replaceCharts(blocks, pictures, (at) => kinds.has(typeOf(blocks[at])));
}

/** The blocks with a fallback for each chart or picture that `isRefused` names by its place. */
export function replaceCharts(
  blocks: readonly unknown[],
  pictures: PictureSpecs | undefined,
  isRefused: (at: number) => boolean,
): unknown[] {
  let hasTable = blocks.some((block) => typeOf(block) === 'table');
  return blocks.map((block, at) => {
    const spec = isRefused(at) ? specAt(blocks, at, pictures) : undefined;
    if (spec === undefined) return block;
    const fallback = hasTable ? chartLines(spec) : chartTable(spec);
    hasTable = true;
    return fallback;
  });
}

function specAt(blocks: readonly unknown[], at: number, pictures: PictureSpecs | undefined): ChartSpec | undefined {
  const block = blocks[at];
  if (typeOf(block) === 'data_visualization') return specOf(block as DataVisualizationBlock);
  return typeOf(block) === 'image' ? pictures?.get(at) : undefined;
}

function typeOf(block: unknown): unknown {
  return asObject(block)['type'];
}
