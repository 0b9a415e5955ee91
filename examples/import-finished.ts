/**
 * What a program of yours does when a customer's import has finished: everything tagged "import" of that account is sent,
 * once for each import, however often this is called for it.
 *
 *   node examples/import-finished.ts acme import-4711
 */
import { connectClient, loadConfig, loadEnvFile, startRun } from 'slack-reports';

const [account, importId] = process.argv.slice(2);
if (account === undefined || importId === undefined) throw new Error('Usage: import-finished.ts <account> <import>');

loadEnvFile();
const config = loadConfig();
await using client = await connectClient(config);

const run = await startRun(client, {
  taskQueue: config.temporal.taskQueue,
  selection: { kind: 'matching', filter: { account, tags: ['import'] } },
  idempotencyKey: importId,
});
console.log(run.workflowId);
