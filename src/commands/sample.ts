import { Command } from '@commander-js/extra-typings';
import { seedAccounts, seedNotifications } from '../sample/seed.ts';
import { withStore } from './context.ts';

export function sampleCommand() {
  return new Command('sample')
    .description('fill the store with sample accounts and their activity; an empty one with sample notifications too')
    .action(() =>
      withStore(async (store) => {
        const now = new Date();
        await seedAccounts(store, now);
        if ((await store.notifications.count()) === 0) await seedNotifications(store, now);
        console.log(`The store has ${await store.notifications.count()} notifications`);
      }),
    );
}
