import { Command } from '@commander-js/extra-typings';
import { parseOwner } from '../../domain/owner.ts';
import { UserError } from '../../lib/errors.ts';
import { NEW_STORE, withStore } from '../context.ts';
import { printJson, printRows } from '../output/output.ts';

export function ownersCommand() {
  const command = new Command('owners').description('say who is told in Slack of what does not arrive, by account');

  command
    .command('set')
    .description("set the owner of an account's notifications that have none of their own")
    .argument('<account>')
    .argument('<owner>', 'channel or person by Slack id: C0OPS, U0ANNA; ops/C0OPS in the workspace "ops"')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (account, owner, { json }) => {
      parseOwner(owner);
      await withStore((store) => store.owners.set({ account, owner }), NEW_STORE);
      if (json === true) printJson({ account, owner });
      else console.log(`${owner} is told of what account ${account} does not get`);
    });

  command
    .command('list')
    .description('list the owners of accounts, and the default owner')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const rows = await withStore(async (store, { owner }) => [
        ...(await store.owners.list()),
        ...(owner === undefined ? [] : [{ account: null, owner }]),
      ]);
      const columns = {
        ACCOUNT: (row: (typeof rows)[number]) => row.account ?? 'all others (SLACK_REPORTS_OWNER)',
        OWNER: (row: (typeof rows)[number]) => row.owner,
      };
      printRows(rows, columns, { json, empty: 'No owners. Set one: slack-reports owners set <account> <owner>' });
    });

  command
    .command('remove')
    .description('remove the owner of an account')
    .argument('<account>')
    .option('--json', 'print JSON')
    .action(async (account, { json }) => {
      if (!(await withStore((store) => store.owners.remove(account)))) {
        throw UserError.input('unknown_owner', `Account "${account}" has no owner`, {
          hint: 'See `slack-reports owners list`.',
        });
      }
      if (json === true) printJson({ account });
      else console.log(`Account ${account} has no owner any more`);
    });

  return command;
}

const HELP = `
The owner of a notification comes first (\`notifications add --owner\`), then that of its account, then SLACK_REPORTS_OWNER.
Without a workspace before it, the owner of an account is in the workspace "default". docs/observability.md#owners`;
