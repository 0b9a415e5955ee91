/**
 * Keeps the notifications in step with your customers: run it after each change, or every night. A new customer gets a report, a
 * changed one is changed, and one that is gone has none any more. What people paused stays paused.
 *
 *   node examples/keep-in-step.ts customers.json
 *
 * where customers.json has [{ "id": "acme", "channel": "C0123456789", "timezone": "Europe/Berlin" }].
 */
import { readFileSync } from 'node:fs';
import { loadEnvFile, slackReportsClient } from 'slack-reports';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Usage: keep-in-step.ts <customers.json>');
const customers = JSON.parse(readFileSync(file, 'utf8')) as { id: string; channel: string; timezone: string }[];

loadEnvFile();
await using client = slackReportsClient();

const rows = customers.map(({ id, channel, timezone }) => ({
  id: `${id}-weekly`,
  account: id,
  report: 'delivery-digest',
  channel,
  every: 'monday at 09:00',
  timezone,
}));
const { added, changed, removed } = await client.notifications.apply({ rows }, { scope: 'customers', prune: true });
console.log(`${added.length} added, ${changed.length} changed, ${removed.length} removed`);
for (const { notificationId, advice } of await client.deliveries.failures({}, { limit: 10 })) {
  console.log(`${notificationId} did not arrive: ${advice}`);
}
