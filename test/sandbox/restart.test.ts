import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { control, metadata, oracle, post, sandboxFor } from './support.ts';

let folder: string;
let dataFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
  dataFile = join(folder, 'deep', 'sandbox.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a restart', () => {
  test('keeps messages, workspaces, channels and tokens', async () => {
    {
      await using slack = await sandboxFor({ dataFile });
      await post(slack, metadata('d1'));
      await control(slack, 'POST', 'workspaces', {
        id: 'T1',
        name: 'Acme',
        token: 'xoxb-acme',
        channels: [{ id: 'C1', name: 'general', private: true }],
      });
      await control(slack, 'POST', 'channels/C0OPS', { archived: true });
      await control(slack, 'POST', 'tokens/xoxb-sandbox', { state: 'revoked' });
    }
    await using slack = await sandboxFor({ dataFile });
    expect(oracle(slack).counts).toEqual({ d1: 1 });
    expect(slack.sandbox.store.channels.get('C1')).toMatchObject({ workspace: 'T1', private: true, member: true });
    expect(slack.sandbox.store.channels.get('C0OPS')?.archived).toBe(true);
    expect((await post(slack)).body['error']).toBe('token_revoked');
    expect(slack.sandbox.store.notice).toBeUndefined();
  });

  test('continues with later ts', async () => {
    const frozen = { dataFile, now: () => 1_790_000_000_000 };
    const first = await sandboxFor(frozen);
    await post(first);
    await first.close();
    await using slack = await sandboxFor(frozen);
    await post(slack);
    const ts = slack.sandbox.store.messagesIn('C0ACME').map((message) => message.ts);
    expect(ts).toEqual(['1790000000.000000', '1790000000.000001']);
  });

  test('drops a torn last line, says so, and writes on after it', async () => {
    const first = await sandboxFor({ dataFile });
    await post(first, { text: 'größer', ...metadata('whole') });
    await first.close();
    appendFileSync(dataFile, '{"type":"message","message":{"workspa');

    const second = await sandboxFor({ dataFile });
    expect(second.sandbox.store.notice).toContain('dropped an unfinished last line');
    await post(second, metadata('next'));
    await second.close();

    await using third = await sandboxFor({ dataFile });
    expect(third.sandbox.store.notice).toBeUndefined();
    expect(oracle(third).counts).toEqual({ whole: 1, next: 1 });
  });

  test('refuses a file whose middle is broken, and names the line', async () => {
    writeFileSync(join(folder, 'bad.jsonl'), 'nonsense\n');
    await expect(sandboxFor({ dataFile: join(folder, 'bad.jsonl') })).rejects.toThrow('bad.jsonl:1');
  });

  test('finds nothing after a reset', async () => {
    const first = await sandboxFor({ dataFile });
    await post(first);
    await control(first, 'POST', 'reset');
    await first.close();
    expect(readFileSync(dataFile, 'utf8')).toBe('');
    await using slack = await sandboxFor({ dataFile });
    expect(oracle(slack).messages).toEqual([]);
  });
});

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the child has no stdout');
  const [chunk] = await once(child.stdout, 'data');
  return String(chunk);
}

describe('the process', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  function start(env: Record<string, string>, stdio: 'pipe' | 'ipc' = 'pipe') {
    const child = spawn(process.execPath, ['sandbox/bin/slack-sandbox.js'], {
      env: { ...process.env, SLACK_SANDBOX_URL: 'http://127.0.0.1:0', SLACK_SANDBOX_DATA: dataFile, ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(stdio === 'ipc' ? (['ipc'] as const) : [])],
    });
    children.push(child);
    return child;
  }

  async function failure(env: Record<string, string>) {
    const child = start(env);
    if (child.stderr === null) throw new Error('the child has no stderr');
    const [message, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    return { message, code: Number(code) };
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('says where it listens and ends with 0 on %s', async (signal) => {
    const child = start({});
    expect(await firstLine(child)).toMatch(/^sandbox listening on http:\/\/127\.0\.0\.1:\d+\n$/);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('ends when the parent over IPC goes away', async () => {
    const child = start({}, 'ipc');
    await firstLine(child);
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('keeps what it has answered when it is killed', async () => {
    const child = start({});
    const url = (await firstLine(child)).trim().split(' ').at(-1) ?? '';
    await fetch(`${url}/api/chat.postMessage`, {
      method: 'POST',
      body: new URLSearchParams({ token: 'xoxb-sandbox', channel: 'C0ACME', text: 'kept' }),
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await using slack = await sandboxFor({ dataFile });
    expect(slack.sandbox.store.messagesIn('C0ACME')).toMatchObject([{ text: 'kept' }]);
  });

  test('refuses an address that others could reach', async () => {
    const { message, code } = await failure({ SLACK_SANDBOX_URL: 'http://0.0.0.0:4747' });
    expect(code).toBe(1);
    expect(message).toMatch(/^sandbox: SLACK_SANDBOX_URL is 'http:\/\/0\.0\.0\.0:4747'; [^\n]+\n$/);
  });

  test('says in one line that its port is taken', async () => {
    await using slack = await sandboxFor();
    const { message, code } = await failure({ SLACK_SANDBOX_URL: slack.url });
    expect(code).toBe(1);
    expect(message).toMatch(/^sandbox: [^\n]*EADDRINUSE[^\n]*SLACK_SANDBOX_URL[^\n]*\n$/);
  });

  test('says in one line that its data file cannot be written', async () => {
    const { message, code } = await failure({ SLACK_SANDBOX_DATA: folder });
    expect(code).toBe(1);
    expect(message).toMatch(/^sandbox: cannot use the data file: [^\n]*SLACK_SANDBOX_DATA[^\n]*\n$/);
  });
});
