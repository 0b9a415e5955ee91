import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, test } from 'vitest';
import { secretsIn } from '../../scripts/histories/clean.ts';
import { workflowBundle } from '../support/app.ts';
import { temporaryFolder } from '../support/store.ts';
import { committedHistories } from './histories.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a history must be there of, in some version. */
const DISPATCHES =
  'by-schedule by-hand tick nothing-due with-failures resume redrive resend searchable left-to-other ' +
  'controlled cancelled waited put-back on-fast-path in-partitions continued after-continuing in-partitions-cancelled ' +
  'tells-owners nothing-to-tell';
const PARTITIONS = ['partition', 'partition-cancelled'];
const DELIVERIES =
  'delivered one-off own-recurrence retried looked-up unconfirmed failed parked parked-searchable skipped ' +
  'without-report slow-report waits on-fast-path off-fast-path nudged resumed redriven with-thread with-gap without-file ' +
  'cancelled-loading cancelled-posting cancelled-in-thread notice';

describe('the committed histories', async () => {
  const histories = await committedHistories();

  test('are of every shape', () => {
    const shapes = histories.map(({ name }) => name.split('/').at(-1));
    const dispatches = DISPATCHES.split(' ').map((shape) => `dispatch-${shape}`);
    const deliveries = DELIVERIES.split(' ').map((shape) => `deliver-${shape}`);
    expect(shapes).toEqual(expect.arrayContaining([...dispatches, ...PARTITIONS, ...deliveries]));
  });

  test('hold no secret, and nothing of a machine', () => {
    const found = histories.map(({ name, text }) => [name, secretsIn(text)] as const);
    expect(found.filter(([, secrets]) => secrets.length > 0)).toEqual([]);
  });

  test('replay on the workflows as they are now', async () => {
    expect(await replayErrors(histories, workflowBundle())).toEqual({});
  });

  test.each([
    {
      change: 'waits before it posts',
      file: 'deliver.ts',
      from: '    const result = await postReport(input);',
      to: '    await sleep(1_000);\n    const result = await postReport(input);',
      catches: 'deliver-delivered',
    },
    {
      change: 'names its partitions otherwise',
      file: '../contract/ids.ts',
      from: '/partition-${n + 1}`;',
      to: '/share-${n + 1}`;',
      catches: 'dispatch-in-partitions',
    },
  ])('are told apart from a workflow that $change', async ({ file, from, to, catches }) => {
    await using folder = await temporaryFolder();
    const changed = await bundleOf(folder.path, { file, from, to });
    const errors = await replayErrors(histories, changed);
    expect(Object.keys(errors).map((name) => name.split('/').at(-1))).toContain(catches);
    expect(Object.values(errors)).toSatisfy((all: Error[]) => all.every(isViolation));
  });
});

interface StartedEvent {
  workflowExecutionStartedEventAttributes?: { workflowId?: string };
}

/** What a replay of each history says, by name; nothing of those that replay. */
async function replayErrors(
  histories: Awaited<ReturnType<typeof committedHistories>>,
  bundle: WorkflowBundleOption,
): Promise<Record<string, Error>> {
  const all = histories.map(({ text }) => {
    const history = JSON.parse(text) as { events: StartedEvent[] };
    return { history, workflowId: history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? '' };
  });
  const errors: Record<string, Error> = {};
  let replayed = 0;
  // One after another, in the order given: two histories may be of one workflow id.
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: bundle }, all)) {
    if (error !== undefined) errors[histories[replayed]?.name ?? ''] = error;
    replayed += 1;
  }
  expect(replayed).toBe(histories.length);
  return errors;
}

/** The workflows with one change, bundled from a copy of the sources. */
async function bundleOf(folder: string, { file, from, to }: { file: string; from: string; to: string }) {
  await cp(join(root, 'src'), join(folder, 'src'), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'src/workflows', file);
  const source = await readFile(path, 'utf8');
  expect(source, `${file} has changed: change this test with it`).toContain(from);
  await writeFile(path, source.replace(from, to));
  const workflowsPath = join(folder, 'src/workflows/index.ts');
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}

function isViolation(error: Error): boolean {
  return error instanceof DeterminismViolationError;
}
