import { Command } from '@commander-js/extra-typings';
import { UserError } from '../../../lib/errors.ts';
import { isTokenReference, needsResolver } from '../../../slack/tokens.ts';
import { NEW_STORE, withStore } from '../../context.ts';
import { printJson } from '../../output/output.ts';

export function addCommand() {
  return new Command('add')
    .description('add a workspace, or change an existing one')
    .argument('<id>')
    .requiredOption(
      '--token <reference>',
      'where its bot token is: env:NAME, file:/path, or a reference your token resolver knows',
    )
    .option('--name <text>', 'name to show (default: the id)')
    .option('--json', 'print JSON')
    .action(async (id, { token: tokenRef, name = id, json }) => {
      if (!isTokenReference(tokenRef)) {
        throw UserError.input('invalid_token_reference', '--token takes a reference: env:NAME or file:/path', {
          hint: 'The token itself never enters the database. Put it in the environment of the worker, in a file, or in a vault (docs/security.md).',
        });
      }
      await withStore(async (store, { slack }) => {
        if (needsResolver(tokenRef) && slack.tokenResolver === undefined) {
          throw UserError.input('no_token_resolver', `No token resolver is set for ${tokenRef}`, {
            hint: 'Set SLACK_REPORTS_TOKEN_RESOLVER to a file that exports resolveToken, or use env:NAME or file:/path.',
          });
        }
        await store.workspaces.put({ id, name, tokenRef });
      }, NEW_STORE);
      if (json === true) printJson({ id, name, tokenRef });
      else console.log(`Workspace ${id} posts with the token in ${tokenRef}`);
    });
}
