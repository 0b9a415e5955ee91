import { defineReport, header, skip, table, z } from 'slack-reports/reports';

interface Order {
  number: string;
  total: number;
}

/** A report as in my-reports, for the two tests next to it. */
export default defineReport({
  name: 'open-orders',
  description: 'Orders that are not shipped yet',
  params: z.strictObject({ top: z.number().int().min(1).default(10) }),
  async load({ account }, { database }): Promise<Order[]> {
    return database('shop').sql<Order>`select number, total from orders where account = ${account}`;
  },
  render(orders, { params: { top }, format }) {
    if (orders.length === 0) return skip('No open orders');
    const shown = orders.slice(0, top);
    return {
      text: `${format.number(orders.length)} open orders`,
      blocks: [
        header('Open orders'),
        table(
          ['Order', 'Total'],
          shown.map(({ number, total }) => [number, format.currency(total, 'EUR')]),
          format,
        ),
      ],
    };
  },
});
