import { defineReport, header, section, z } from 'slack-reports/reports';

export const weeklyOrders = defineReport({
  name: 'weekly-orders',
  description: 'How many orders came in a week',
  params: z.object({}),
  // What the application knows of its customers.
  load: async ({ account }) => ({ account, orders: 12 }),
  render: ({ account, orders }) => ({
    text: `${account}: ${orders} orders`,
    blocks: [header('Orders of the week'), section(`${account} had ${orders} orders.`)],
  }),
});
