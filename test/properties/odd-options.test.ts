import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError } from '@commander-js/extra-typings';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { commandsFor } from '../../src/cli/commands/index.ts';
import { ordinaryTrouble } from '../../src/lib/ordinary-trouble.ts';
import type { Store } from '../../src/store/open.ts';
import { oddTexts, TIME_COLUMNS } from '../support/odd-texts.ts';
import { recurring, temporaryStore } from '../support/store.ts';

/** Commands run by each test; 10,000 take some minutes. */
const RUNS = Number(process.env['ODD_RUNS'] ?? 60);
const TIMEOUT_MS = 180_000 + RUNS * 500;

const ADD = 'notifications add new --account acme --report delivery-digest --channel C0ACME --workspace sandbox';
const CRON = '--cron=0|9|*|*|*';
/** What is typed, with the odd value at its end. The words are parted by spaces, and "|" is a space in one. */
const COMMANDS = [
  `${ADD} --cron=`,
  `${ADD} --every=`,
  ...['--timezone=', '--start=', '--end=', '--skip=', '--dst-gap=', '--catch-up=', '--missed=', '--window='].map(
    (option) => `${ADD} ${CRON} ${option}`,
  ),
  ...['--cron=', '--every=', '--timezone=', '--start=', '--end=', '--skip=', '--catch-up=', '--window='].map(
    (option) => `notifications update known ${option}`,
  ),
  'notifications pause known --until=',
  'notifications next known --after=',
  `notifications next ${CRON} --timezone=`,
  'why known --at=',
  'preview known --at=',
  'resume known --within=',
  'send known --at=',
  'send known --in=',
  'send known --at=2096-12-01|09:00 --timezone=',
  'send known --at=2096-12-01|09:00 --catchup-window=',
  'send reschedule s --at=',
  'setup --retention=',
  'schedule next --cron=',
  'schedule next --every=',
  ...['--skip=', '--timezone=', '--start=', '--end=', '--after='].map((option) => `schedule next ${CRON} ${option}`),
  ...['--skip=', '--timezone=', '--start=', '--end=', '--jitter=', '--window=', '--catchup-window='].map(
    (option) => `schedule create s ${CRON} ${option}`,
  ),
  ...['--cron=', '--every=', '--jitter=', '--window=', '--end='].map((option) => `schedule update s ${option}`),
  'schedule backfill s --from=2026-12-01 --until=',
];

const KNOWN = recurring(
  'known',
  { cron: '0 9 * * *', timezone: 'Europe/Berlin', nextDueAt: '2096-12-01T08:00:00Z' },
  { report: 'delivery-digest', params: {} },
);

let store: Store;
let folder: string;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  const temporary = stack.use(await temporaryStore());
  ({ store, folder } = temporary);
  vi.stubEnv('DATABASE_URL', temporary.databaseUrl);
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1');
  vi.stubEnv('SLACK_REPORTS_DIR', folder);
  vi.stubEnv('SLACK_REPORTS_SOURCES_DIR', folder);
  for (const output of ['log', 'error'] as const) vi.spyOn(console, output).mockImplementation(() => {});
  await store.notifications.add([KNOWN]);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await stack.disposeAsync();
});

/** As `slack-reports`, in this process: true if it did what was asked. Throws what the command line calls a bug. */
async function run(words: string[]): Promise<boolean> {
  const program = new Command('slack-reports');
  for (const command of await commandsFor(words[0], program)) program.addCommand(command);
  silently(program);
  try {
    await program.parseAsync(words, { from: 'user' });
    return process.exitCode === undefined;
  } catch (error) {
    if (!(error instanceof CommanderError) && ordinaryTrouble(error) === undefined) throw error;
    return false;
  } finally {
    process.exitCode = undefined;
  }
}

function silently(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  for (const sub of command.commands) silently(sub as Command);
}

const known = async () => JSON.stringify(await store.notifications.list());

/** The fields of what was written that hold the value as it was given. */
const KEPT = ['timezone', 'start', 'end', 'skip'] as const;

test(
  'no option that takes a time, a date, a duration or a zone ends in a bug, or leaves anything half written',
  async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...COMMANDS), oddTexts, async (line, value) => {
        const before = await known();
        const words = line.split(' ').map((word) => word.replaceAll('|', ' '));
        const done = await run([...words.slice(0, -1), `${words.at(-1)}${value}`]);
        if (!done) {
          expect(await known()).toBe(before);
          return;
        }
        taken += 1;
        const written = (await store.notifications.list()).find(
          ({ id }) => id === (line.startsWith(ADD) ? 'new' : 'known'),
        );
        const option = KEPT.find((name) => line.endsWith(` --${name}=`));
        // "none" takes away what it has.
        if (line.startsWith('notifications') && !line.includes(' next ') && option !== undefined && value !== 'none')
          expect(JSON.stringify(written).toLowerCase()).toContain(
            JSON.stringify(value.trim().toLowerCase()).slice(1, -1),
          );
        await store.notifications.remove('new');
        await store.notifications.remove('known');
        await store.notifications.add([KNOWN]);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(taken).toBeLessThan(RUNS);
  },
  TIMEOUT_MS,
);

test(
  'an import with an odd value in any column writes all of its rows, or none',
  async () => {
    const file = join(folder, 'odd.json');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...TIME_COLUMNS), oddTexts, async (column, value) => {
        const before = await known();
        const row = { account: 'acme', report: 'delivery-digest', channel: 'C0ACME', workspace: 'sandbox' };
        const rows = [
          { ...row, id: 'first', on_demand: true },
          { ...row, id: 'odd', cron: '0 9 * * *', [column]: value },
        ];
        await writeFile(file, JSON.stringify(rows));
        const done = await run(['notifications', 'import', file, '--strict']);
        const ids = (await store.notifications.list()).map(({ id }) => id);
        expect(ids).toEqual(done ? ['first', 'known', 'odd'] : ['known']);
        expect(done || (await known()) === before).toBe(true);
        if (!done) return;
        for (const id of ['first', 'odd']) await store.notifications.remove(id);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  },
  TIMEOUT_MS,
);
