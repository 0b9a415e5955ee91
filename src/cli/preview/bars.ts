import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { grouped } from '../../reports/blocks/text.ts';
import type { ChartSpec } from '../../slack/charts/chart-spec.ts';

const BAR_WIDTH = 32;

/** A chart as lines of bars, whatever its kind; negative values have none. */
export function bars({ title, labels, series }: ChartSpec): string {
  const most = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const width = Math.max(...labels.map((label) => stringWidth(label)));
  const line = (label: string, value: number | null | undefined) => {
    const length = most > 0 && Number(value) > 0 ? Math.max(1, Math.round((Number(value) / most) * BAR_WIDTH)) : 0;
    const padding = ' '.repeat(width - stringWidth(label));
    return `${label}${padding}  ${'█'.repeat(length)}${length > 0 ? ' ' : ''}${grouped(value)}`;
  };
  const body = series.flatMap(({ name, values }) => [
    ...(series.length > 1 ? [name] : []),
    ...labels.map((label, at) => line(label, values[at])),
  ]);
  return [styleText('bold', title, { stream: process.stdout }), ...body].join('\n');
}
