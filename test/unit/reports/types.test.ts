import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { header, section } from '../../../src/reports/blocks/blocks.ts';
import { defineReport } from '../../../src/reports/define.ts';
import { table } from '../../../src/reports/blocks/table.ts';
import { mrkdwn, type Mrkdwn } from '../../../src/reports/blocks/text.ts';

// What tsc says about this file is the test; `npm run check` runs it.
const rest = { name: 'typed', description: 'Typed', params: z.object({ days: z.number().default(7), to: z.string() }) };

test('types reach from the schema to the data to the blocks', () => {
  const report = defineReport({
    ...rest,
    async load({ params, dueAt }) {
      expectTypeOf(params).toEqualTypeOf<{ days: number; to: string }>();
      expectTypeOf(dueAt).toEqualTypeOf<Date>();
      return { orders: params.days };
    },
    render(data, { params }) {
      expectTypeOf(data).toEqualTypeOf<{ orders: number }>();
      expectTypeOf(params.to).toEqualTypeOf<string>();
      return { text: mrkdwn`${data.orders} orders`, blocks: [data.orders > 0 && header(params.to)] };
    },
  });
  expectTypeOf<Parameters<typeof report.render>[0]>().toEqualTypeOf<{ orders: number }>();
});

test('what is wrong does not compile', () => {
  const wrong = [
    () =>
      defineReport({
        ...rest,
        // @ts-expect-error a parameter that the schema does not have
        load: async ({ params }) => params.weeks,
        render: () => ({ text: '', blocks: [] }),
      }),
    () =>
      defineReport({
        ...rest,
        load: async () => ({ orders: 1 }),
        // @ts-expect-error data that load does not give
        render: (data) => ({ text: data.sales, blocks: [] }),
      }),
    () =>
      defineReport({
        ...rest,
        load: async () => 1,
        // @ts-expect-error a message without a text, which phones would show as nothing
        render: () => ({ blocks: [] }),
      }),
    () =>
      defineReport({
        ...rest,
        load: async () => 1,
        // @ts-expect-error a block that no block function made: nothing escaped it
        render: () => ({ text: '', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '<!channel>' } }] }),
      }),
    // @ts-expect-error an object is not a text
    () => section({ name: 'Acme' }),
    // @ts-expect-error formatting comes from the functions, not from what looks like it
    (): Mrkdwn => ({ toString: () => '<!channel>' }),
    // @ts-expect-error headers show plain text, and no formatting
    () => header(mrkdwn`*Acme*`),
    // @ts-expect-error a row with a cell too few
    () => table(['Name', 'Orders'], [['Acme']]),
    // @ts-expect-error a cell that is neither text nor number
    () => table(['Name'], [[{ name: 'Acme' }]]),
  ];
  expectTypeOf(wrong).toBeArray();
});
