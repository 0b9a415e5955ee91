import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chartImage } from '../../src/reports/blocks/chart.ts';
import type { ChartSpec } from '../../src/slack/charts/chart-spec.ts';
import { drawPng } from '../../src/slack/charts/draw-chart.ts';
import { asObject } from '../../src/slack/block-kit/json.ts';
import { awkwardMany, awkwardNumber, awkwardValue } from '../support/awkward-data.ts';

test('whatever the data, it is drawn or told as an error, and this process lives on', async () => {
  const measured = fc.option(awkwardNumber);
  const input = fc.oneof(
    fc.record({
      type: fc.constantFrom('bar' as const, 'line' as const, 'area' as const),
      title: awkwardValue,
      labels: awkwardMany(awkwardValue),
      series: fc.array(fc.record({ name: awkwardValue, values: awkwardMany(measured) }), { maxLength: 15 }),
      xLabel: awkwardValue,
      yLabel: awkwardValue,
    }),
    fc.record({
      type: fc.constant('pie' as const),
      title: awkwardValue,
      slices: awkwardMany(fc.record({ label: awkwardValue, value: measured })),
    }),
  );
  await fc.assert(
    fc.asyncProperty(input, async (given) => {
      const { chart } = asObject(chartImage(given));
      if (chart === undefined) return;
      const drawn = await drawPng(chart as ChartSpec).catch((error: unknown) => error);
      if (drawn instanceof Error) expect(drawn.message).toMatch(/^The drawing ended with |^its font has no /);
      else expect(drawn).toBeInstanceOf(Uint8Array);
    }),
    { numRuns: 30 },
  );
});
