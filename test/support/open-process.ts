import { openStore } from '../../src/store/open.ts';

/**
 * One of several processes that open the same new store at the same time: `node open-process.ts <database URL>`. Says
 * `ready`, opens when told, and tells how many workspaces a new store has.
 */
const [databaseUrl = ''] = process.argv.slice(2);
const told = new Promise((resolve) => process.once('message', resolve));
process.send?.('ready');
await told;
await using store = await openStore(databaseUrl, undefined, { upgrade: true });
process.send?.({ workspaces: (await store.workspaces.list()).length });
process.disconnect?.();
