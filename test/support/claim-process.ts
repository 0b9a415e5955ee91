import { openStore } from '../../src/store/open.ts';

/**
 * One of several processes that claim the riders of schedule `s` on the same database file at the same time:
 * `node claim-process.ts <database file> <run id> <nominal time>`. Says `ready`, claims when told, and tells how many.
 */
const [databaseFile = '', runId = '', nominal = ''] = process.argv.slice(2);
await using store = await openStore(databaseFile);
const told = new Promise((resolve) => process.once('message', resolve));
process.send?.('ready');
await told;
const claimed = await store.claims.claimDue({ runId, nominal: new Date(nominal), selection: { schedule: 's' } });
process.send?.({ claimed });
process.disconnect?.();
