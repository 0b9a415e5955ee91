import { openStore } from '../../src/store/open.ts';

/**
 * One of several processes that claim the riders of schedule `s` on the same database file at the same time:
 * `node claim-process.ts <database file> <run id> <nominal time>`. Says `ready`, claims when told, and tells how many.
 */
const [databaseUrl = '', dispatchId = '', nominal = ''] = process.argv.slice(2);
await using store = await openStore(databaseUrl);
const told = new Promise((resolve) => process.once('message', resolve));
process.send?.('ready');
await told;
const at = new Date(nominal);
const claimed = await store.claims.claimDue({
  dispatchId,
  nominal: at,
  now: at,
  selection: { kind: 'due', schedule: 's' },
});
process.send?.({ claimed: claimed.due });
process.disconnect?.();
