import { findTemporalCli } from '../../src/dev/temporal-cli.ts';

/**
 * One of several processes that want the Temporal CLI at the same time: `node find-cli-process.ts <PATH> <cache> <downloads>`.
 * Says `ready`, looks for it at the next message, and answers with its version.
 */
const [path = '', cache = '', downloadFrom = ''] = process.argv.slice(2);
const told = new Promise((resolve) => process.once('message', resolve));
process.send?.('ready');
await told;
const progress = { say: () => undefined, update: () => undefined, clear: () => undefined };
const { version } = await findTemporalCli({ env: { PATH: path, XDG_CACHE_HOME: cache }, downloadFrom, progress });
process.send?.({ version });
process.disconnect?.();
