import { expect, test } from 'vitest';
import type { ChartSpec } from '../../../../src/slack/charts/chart-spec.ts';
import { charactersWithoutGlyph, drawPng } from '../../../../src/slack/charts/draw-chart.ts';

const SPEC: ChartSpec = { type: 'bar', title: 'Orders', labels: ['Mon'], series: [{ name: 'A', values: [1] }] };

test('a picture is a PNG with its texts in it, whatever fonts the machine has', async () => {
  const png = await drawPng(SPEC);
  expect(Buffer.from(png).toString('latin1', 1, 4)).toBe('PNG');
  // Without a font no text is drawn, and the two were the same.
  expect(await drawPng({ ...SPEC, title: 'Größe по дням' })).not.toEqual(png);
});

test.each<[string, Partial<ChartSpec>, string]>([
  ['Chinese', { title: '订单' }, '订 单'],
  ['Japanese', { labels: ['月曜日'] }, '月 曜 日'],
  ['an emoji', { series: [{ name: '🎉 party', values: [1] }] }, '🎉'],
  ['Hindi', { xLabel: 'दिन' }, 'द ि न'],
])('%s, for which the font has no glyph, is told instead of drawn as boxes', async (_, part, characters) => {
  await expect(drawPng({ ...SPEC, ...part })).rejects.toThrow(`its font has no ${characters}`);
});

test('what the font has is drawn', () => {
  for (const title of ['Größe, naïve café', 'Заказы', 'Παραγγελίες', 'الطلبات', 'הזמנות', '€ – “x” ▲ 12 %']) {
    expect(charactersWithoutGlyph({ ...SPEC, title })).toEqual([]);
  }
});
