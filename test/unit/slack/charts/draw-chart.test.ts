import { expect, test } from 'vitest';
import type { ChartSpec } from '../../../../src/slack/charts/chart-spec.ts';
import { drawPng } from '../../../../src/slack/charts/draw-chart.ts';

const SPEC: ChartSpec = { type: 'bar', title: 'Orders', labels: ['Mon'], series: [{ name: 'A', values: [1] }] };

test('a picture is a PNG with its texts in it, whatever fonts the machine has', async () => {
  const png = await drawPng(SPEC);
  expect(Buffer.from(png).toString('latin1', 1, 4)).toBe('PNG');
  // Without a font no text is drawn, and the two were the same.
  expect(await drawPng({ ...SPEC, title: 'Größe по дням' })).not.toEqual(png);
});
