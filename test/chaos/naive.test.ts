import { expect, test } from 'vitest';
import { compare, type FindingKind, type LedgerRow } from '../../chaos/compare.ts';
import { faultMix } from '../../chaos/fault-mix.ts';
import { type Post, postsOf, sendWithBlindRetry } from '../../chaos/naive.ts';
import { makePlan, type Plan } from '../../chaos/plan.ts';
import { furnish, LIMITS } from '../../chaos/world.ts';
import { type RunningSandbox, startSandbox } from 'slack-sandbox';
import { startChild } from '../../src/dev/child-process.ts';
import { fileURLToPath } from 'node:url';

const plan = makePlan(
  { seed: 7, notifications: 240, channels: 30, workspaces: 5, workers: 0, kills: 0, serverRestarts: 0 },
  new Date('2026-11-23T08:00:00Z'),
);
const posts = postsOf(plan);

async function slack({ faults }: { faults: boolean }): Promise<RunningSandbox> {
  const running = await startSandbox({ port: 0, limits: LIMITS });
  furnish(running.sandbox, plan);
  if (faults) for (const fault of faultsOfPosting(plan)) running.sandbox.faults.add(fault);
  return running;
}

function faultsOfPosting(of: Plan) {
  return faultMix(of).filter(({ method }) => method === 'chat.postMessage');
}

function findings(rows: readonly LedgerRow[], { sandbox }: RunningSandbox) {
  return compare({ due: posts.map(({ due }) => due), rows, messages: sandbox.oracle.report().messages });
}

function ofKind(kind: FindingKind, all: ReturnType<typeof findings>) {
  return all.filter((finding) => finding.kind === kind);
}

test('a sender that retries blindly is right as long as nothing goes wrong', async () => {
  await using running = await slack({ faults: false });
  const rows = await sendWithBlindRetry(running.slackApiUrl, posts);
  expect(rows.length).toBeGreaterThan(50);
  expect(findings(rows, running)).toEqual([]);
});

test('a sender that retries blindly doubles under the faults of chaos', async () => {
  await using running = await slack({ faults: true });
  const doubled = ofKind('doubled', findings(await sendWithBlindRetry(running.slackApiUrl, posts), running));
  expect(doubled.length).toBeGreaterThan(0);
  expect(doubled.every(({ messages }) => messages.length > 1)).toBe(true);
});

test('a sender without a ledger loses what it had in mind when it is killed', async () => {
  await using running = await slack({ faults: false });
  const rows = await killedHalfway(running, posts);
  const lost = ofKind('lost', findings(rows, running));
  expect(lost.filter(({ messages }) => messages.length === 0).length).toBeGreaterThan(0);
});

/** What the sender had told of when it was killed, at once after Slack had accepted half of the messages. */
async function killedHalfway({ sandbox, slackApiUrl }: RunningSandbox, all: readonly Post[]): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = [];
  const accepted = { count: 0 };
  await using sender = await startChild({
    name: 'naive sender',
    command: process.execPath,
    args: [fileURLToPath(new URL('../../chaos/naive-process.ts', import.meta.url)), slackApiUrl, JSON.stringify(all)],
    ipc: true,
    onMessage: (row) => rows.push(row as LedgerRow),
  });
  sandbox.store.onChange(({ type }) => {
    accepted.count += type === 'message' ? 1 : 0;
    if (accepted.count === Math.floor(all.length / 2)) process.kill(sender.pid, 'SIGKILL');
  });
  await sender.exited;
  return rows;
}
