import { Command } from '@commander-js/extra-typings';
import { parseDuration } from '../../lib/duration.ts';
import { UserError } from '../../lib/errors.ts';
import type { Store } from '../../store/open.ts';
import { withStore } from '../context.ts';
import { fanOut } from '../output/fan-out.ts';

export function resumeCommand() {
  return new Command('resume')
    .description('send parked deliveries (fix the token or channel first)')
    .argument('<id>', 'a workspace or a notification from `parked list`')
    .option('--within <duration>', 'record deliveries later than this as missed', '24 hours')
    .option('--no-wait', 'return once the run has started')
    .option('--json', 'print JSON')
    .action(async (id, { within, ...options }) => {
      const withinMs = parseDuration(within, { name: '--within', minMs: 1_000, example: '2 hours' });
      const kind = await withStore((store) => kindOfParked(store, id));
      return fanOut({ kind: 'parked', owner: { kind, id }, withinMs }, options);
    });
}

async function kindOfParked(store: Store, id: string): Promise<'workspace' | 'notification'> {
  const parked = (await store.parking.list()).filter((entry) => entry.id === id);
  if (parked.length === 1 && parked[0] !== undefined) return parked[0].kind;
  // A workspace and a notification with the same id: the workspace blocks more.
  if (parked.length > 1) return 'workspace';
  throw UserError.failure('not_parked', `"${id}" is not parked`, {
    hint: 'See what is parked with `slack-reports parked list`.',
  });
}
