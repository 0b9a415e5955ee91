import { Command } from '@commander-js/extra-typings';
import { occurrenceOfInstant } from '../../../domain/occurrence.ts';
import { sendsOf } from '../../../client/sends.ts';
import type { Send } from '../../../scheduling/send.ts';
import { withContext } from '../../context.ts';
import { printRows } from '../../output/output.ts';

export function listCommand() {
  return new Command('list')
    .description('list scheduled sends')
    .option('--all', 'include sends of the last seven days (older ones: `deliveries list`)')
    .option('--json', 'print JSON')
    .action(async ({ all, json }) => {
      const sends = await withContext((context) => sendsOf(context).list());
      printRows(
        sends.filter(({ state }) => all === true || state !== 'sent'),
        {
          SEND: ({ id }) => id,
          WHAT: ({ what }) => what,
          AT: ({ at }) => (at === undefined ? '–' : occurrenceOfInstant(at)),
          STATE: ({ state }) => STATES[state],
          NOTE: ({ note }) => note,
        },
        { json, empty: 'No scheduled sends. Create one: slack-reports send <notification> --at "2026-12-01 09:00"' },
      );
    });
}

const STATES: Record<Send['state'], string> = {
  waiting: 'waiting',
  paused: 'paused',
  sent: 'sent',
  passed: 'not sent: it was paused',
};
