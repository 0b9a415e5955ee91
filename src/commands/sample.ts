import { Command } from '@commander-js/extra-typings';
import { seedAccounts, seedNotifications } from '../sample/seed.ts';
import { withStore } from './context.ts';
import { printJson } from './output.ts';

export function sampleCommand() {
  return new Command('sample')
    .description('fill the store with sample accounts and their activity; an empty one with sample notifications too')
    .option('--json', 'print JSON')
    .action(({ json }) =>
      withStore(async (store) => {
        const now = new Date();
        await seedAccounts(store, now);
        if ((await store.notifications.count()) === 0) await seedNotifications(store, now);
        const notifications = await store.notifications.count();
        if (json === true) printJson({ notifications });
        else console.log(`The store has ${notifications} notifications`);
      }),
    );
}
