import { Command } from '@commander-js/extra-typings';
import { UserError } from '../errors.ts';
import { isTokenReference, needsResolver } from '../slack/tokens.ts';
import { withStore } from './context.ts';
import { printJson, printRows } from './output.ts';

export function workspacesCommand() {
  const command = new Command('workspaces').description('Slack workspaces and where their tokens are kept');

  command
    .command('list')
    .description('list the workspaces')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const rows = await withStore((store) => store.workspaces.list());
      const columns = {
        WORKSPACE: (row: (typeof rows)[number]) => row.id,
        NAME: (row: (typeof rows)[number]) => row.name,
        TOKEN: (row: (typeof rows)[number]) => row.tokenRef,
      };
      printRows(rows, columns, { json, empty: 'No workspaces' });
    });

  command
    .command('add')
    .description('add a workspace, or change the one of that id')
    .argument('<id>')
    .requiredOption('--token <reference>', 'where its bot token is: env:NAME, file:/path, or what your resolver knows')
    .option('--name <text>', 'for people (default: the id)')
    .option('--json', 'print JSON')
    .action(async (id, { token: tokenRef, name = id, json }) => {
      if (!isTokenReference(tokenRef)) {
        throw new UserError('invalid_token_reference', '--token takes a reference: env:NAME or file:/path', {
          hint: 'The token itself never enters the database. Put it in the environment of the worker, in a file, or in a vault (docs/security.md).',
        });
      }
      await withStore(async (store, { slack }) => {
        if (needsResolver(tokenRef) && slack.tokenResolver === undefined) {
          throw new UserError('no_token_resolver', `No token resolver is set that could know ${tokenRef}`, {
            hint: 'Set SLACK_REPORTS_TOKEN_RESOLVER to a file that exports resolveToken, or use env:NAME or file:/path.',
          });
        }
        await store.workspaces.put({ id, name, tokenRef });
      });
      if (json === true) printJson({ id, name, tokenRef });
      else console.log(`Workspace ${id} posts with the token in ${tokenRef}`);
    });

  return command;
}
