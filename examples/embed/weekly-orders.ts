import { defineReport, header, section } from 'slack-reports/reports';
import { z } from 'zod';

export const weeklyOrders = defineReport({
  name: 'weekly-orders',
  description: 'How many orders came in a week',
  params: z.object({}),
  // Whatever the application knows of its customers.
  load: async ({ account }) => ({ account, orders: 12 }),
  render: ({ account, orders }) => ({
    text: `${account}: ${orders} orders`,
    blocks: [header('Orders of the week'), section(`${account} had ${orders} orders.`)],
  }),
});
