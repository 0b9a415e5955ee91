import { Command } from '@commander-js/extra-typings';
import type { Client } from '@temporalio/client';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import { durationText, parseDuration } from '../../lib/duration.ts';
import { messageOf, UserError } from '../../lib/errors.ts';
import { registerSearchAttributes } from '../../temporal/search-attributes.ts';
import { confirm, YES_OPTION } from '../output/confirm.ts';
import { withClient } from '../context.ts';
import { printJson } from '../output/output.ts';

const DAY_MS = 86_400_000;
/** The server takes no less (`minWorkflowExecutionRetention`), and 10 years is more than anyone looks back. */
const RETENTION = { name: '--retention', minMs: DAY_MS, maxMs: 3_650 * DAY_MS, example: '30 days' };
/** Less than this, and after a weekend there is nothing left to look at. */
const RETENTION_ADVISED_MS = 7 * DAY_MS;

export function setupCommand() {
  return new Command('setup')
    .description('prepare the Temporal namespace, once: search attributes and retention')
    .option('--retention <time>', 'keep ended workflows this long: 30d; asks first')
    .option(...YES_OPTION)
    .option('--json', 'print JSON')
    .action(async ({ retention, yes, json }) => {
      const wanted = retention === undefined ? undefined : parseDuration(retention, RETENTION);
      await withClient(async (client, { temporal: { namespace } }) => {
        const added = await registerSearchAttributes(client, namespace);
        if (json !== true) console.log(`Search attributes  ${addedText(added)}`);
        const keptMs = await setRetention(client, {
          namespace,
          wanted,
          yes,
          say: json === true ? () => {} : console.log,
        });
        if (json === true) printJson({ namespace, searchAttributesAdded: added, retentionSeconds: keptMs / 1_000 });
      });
    });
}

function addedText(added: readonly string[]): string {
  return added.length === 0 ? 'were there already' : `added: ${added.join(', ')}`;
}

interface RetentionChange {
  namespace: string;
  /** In milliseconds; undefined only shows the current one. */
  wanted: number | undefined;
  yes: boolean | undefined;
  say: (line: string) => void;
}

/** Returns how long they are kept now, in milliseconds. */
async function setRetention(client: Client, { namespace, wanted, yes, say }: RetentionChange): Promise<number> {
  const { config } = await client.workflowService.describeNamespace({ namespace });
  const current = optionalTsToMs(config?.workflowExecutionRetentionTtl) ?? 0;
  if (wanted === undefined || wanted === current) {
    const advice = current < RETENTION_ADVISED_MS && wanted === undefined ? '; --retention 30d keeps them longer' : '';
    say(`Retention          ended workflows are kept for ${durationText(current)}${advice}`);
    return current;
  }
  const change = `for ${durationText(wanted)} instead of ${durationText(current)}`;
  await confirm(`Keep ended workflows of the namespace ${namespace}, all of them, ${change}?`, yes);
  const workflowExecutionRetentionTtl = msToTs(wanted);
  try {
    await client.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
  } catch (error) {
    throw UserError.failure(
      'retention_refused',
      `Cannot change the retention of namespace ${namespace}: ${messageOf(error)}`,
      {
        hint: 'On Temporal Cloud, set it in its console; elsewhere, ask an administrator of the cluster.',
        cause: error,
      },
    );
  }
  say(`Retention          ended workflows are kept ${change}`);
  return wanted;
}
