import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { slackReports } from 'slack-reports/plugin';
import { customersOf } from './customers.ts';
import { weeklyOrders } from './weekly-orders.ts';

/** The application's worker. The plugin, with its imports, is all that was added. */
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233' });
const worker = await Worker.create({
  connection,
  taskQueue: 'app',
  workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
  plugins: [slackReports({ store: 'sqlite:ledger.db', reports: [weeklyOrders], sources: [customersOf('app.db')] })],
});
await worker.run();
