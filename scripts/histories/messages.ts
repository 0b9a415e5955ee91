import { add, COMPLETED, endOf, type Histories, newestOf, run, start, until } from './executions.ts';
import type { World } from './world.ts';

const POST = { method: 'chat.postMessage', when: 'before' } as const;

/** Reports with a file and a thread: all of it posted, a thread post that can't be found any more, and no file. */
export async function withThread(world: World): Promise<Histories> {
  const { faults } = world.sandbox.sandbox;
  const schedule = 'threads';
  const rich = { schedule, report: 'rich', params: { thread: 2, file: true } };
  await add(world, 'with-thread', { ...rich, channel: 'C0GRANITE' });
  await add(world, 'with-gap', { ...rich, params: { thread: 2 }, channel: 'C0HARBOR' });
  // Long enough to take away a post of the thread before its turn comes.
  faults.add({ ...POST, channel: 'C0HARBOR', times: 1, action: { type: 'delay', ms: 3_000 } });
  const { handle } = await start(world, 'threads', { selection: { kind: 'due', schedule } });
  const { id } = await until('the message to be at hand', async () => {
    const row = await newestOf(world, 'with-gap');
    return row.state === 'posting' ? row : undefined;
  });
  await world.store.db.deleteFrom('deliveries').where('parent_id', '=', id).where('thread_nr', '=', 1).execute();
  await handle.result();
  const first: Histories = {
    'deliver-with-thread': await endOf(world, 'with-thread', [
      COMPLETED,
      'slackReportsUploadFiles',
      'slackReportsPostMessage',
    ]),
    'deliver-with-gap': await endOf(world, 'with-gap', [COMPLETED, 'unknown_delivery', 'slackReportsRecordOutcome']),
  };
  return { ...first, ...(await withoutFile(world)) };
}

async function withoutFile(world: World): Promise<Histories> {
  const { faults } = world.sandbox.sandbox;
  faults.add({ method: 'upload', when: 'before', action: { type: 'status', status: 503 } });
  await add(world, 'without-file', { channel: 'C0GRANITE', report: 'rich', params: { file: true } });
  await run(world, 'without-file', { selection: { kind: 'notifications', ids: ['without-file'] } });
  return {
    'deliver-without-file': await endOf(world, 'without-file', [
      COMPLETED,
      'slackReportsUploadFiles',
      'ACTIVITY_TASK_FAILED',
    ]),
  };
}

export async function withNothingToSay(world: World): Promise<Histories> {
  await add(world, 'silent', { report: 'silent', params: {} });
  await run(world, 'silent', { selection: { kind: 'notifications', ids: ['silent'] } });
  return { 'deliver-skipped': await endOf(world, 'silent', [COMPLETED]) };
}
