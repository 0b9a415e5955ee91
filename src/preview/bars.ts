import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { grouped } from '../reports/text.ts';
import type { ChartPoint, DataVisualizationBlock } from '../slack/data-visualization.ts';
import type { Json } from '../slack/problem-list.ts';

const BAR_WIDTH = 32;

/** A chart as lines of bars, whatever its kind; negative values have none. */
export function bars(block: Json): string {
  const { title, chart } = block as unknown as DataVisualizationBlock;
  const groups = chart.type === 'pie' ? [{ name: '', data: chart.segments }] : chart.series;
  const points = groups.flatMap(({ data }) => data);
  const most = Math.max(0, ...points.map(({ value }) => value));
  const width = Math.max(...points.map(({ label }) => stringWidth(label)));
  const line = ({ label, value }: ChartPoint) => {
    const length = most > 0 && value > 0 ? Math.max(1, Math.round((value / most) * BAR_WIDTH)) : 0;
    return `${label}${' '.repeat(width - stringWidth(label))}  ${'█'.repeat(length)}${length > 0 ? ' ' : ''}${grouped(value)}`;
  };
  const body = groups.flatMap(({ name, data }) => [...(groups.length > 1 ? [name] : []), ...data.map(line)]);
  return [styleText('bold', title, { stream: process.stdout }), ...body].join('\n');
}
