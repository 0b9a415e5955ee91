/**
 * Sends a notification once, at a time, from another program: what the handler of "a trial has begun" does. The Temporal
 * server keeps it, so this program may end; asked for again, for the same time, it is sent once.
 *
 *   node examples/trial-ends.ts acme-trial-ends 2026-12-01T08:00:00Z
 */
import { connectClient, loadConfig, loadEnvFile, sendAt } from 'slack-reports';

const [notification, time] = process.argv.slice(2);
if (notification === undefined || time === undefined) throw new Error('Usage: trial-ends.ts <notification> <time>');

loadEnvFile();
const config = loadConfig();
await using client = await connectClient(config);

const send = await sendAt(client, {
  taskQueue: config.temporal.taskQueue,
  selection: { kind: 'notifications', ids: [notification] },
  at: new Date(time),
});
console.log(send.id, send.at?.toISOString());
