import { afterEach, beforeEach, expect, test } from 'vitest';
import { asObject } from '../../src/slack/block-kit/json.ts';
import type { RunningSandbox } from '../../sandbox/server.ts';
import { call, clientOf, control, metadata, post, sandboxFor } from './support.ts';

let slack: RunningSandbox;
beforeEach(async () => {
  slack = await sandboxFor();
});
afterEach(() => slack.close());

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

test('a reply is in its thread, not in the history, and its parent counts it', async () => {
  const client = clientOf(slack);
  const { ts = '' } = await client.chat.postMessage({ channel: 'C0ACME', text: 'parent' });
  const reply = await post(slack, { text: 'reply', thread_ts: ts, ...metadata('d1') });
  await post(slack, { text: 'to all', thread_ts: reply.body['ts'], reply_broadcast: true });

  const thread = await client.conversations.replies({ channel: 'C0ACME', ts, include_all_metadata: true });
  expect(thread.messages).toMatchObject([
    { text: 'parent', thread_ts: ts, reply_count: 2 },
    { text: 'reply', thread_ts: ts, metadata: { event_payload: { delivery_id: 'd1' } } },
    { text: 'to all', thread_ts: ts, subtype: 'thread_broadcast' },
  ]);
  const history = await client.conversations.history({ channel: 'C0ACME' });
  expect(history.messages?.map(({ text }) => text)).toEqual(['to all', 'parent']);
});

test('replies come in pages, and a missing message has none', async () => {
  const { body } = await post(slack);
  for (const text of ['1', '2', '3']) await post(slack, { text, thread_ts: body['ts'] });
  const first = await call(slack, 'conversations.replies', { channel: 'C0ACME', ts: body['ts'], limit: 2 });
  const { next_cursor: cursor } = asObject(first.body['response_metadata']);
  const rest = await call(slack, 'conversations.replies', { channel: 'C0ACME', ts: body['ts'], limit: 2, cursor });
  expect(first.body).toMatchObject({ has_more: true, messages: [{ text: 'hello' }, { text: '1' }] });
  expect(rest.body).toMatchObject({ has_more: false, messages: [{ text: '2' }, { text: '3' }] });
  const missing = await call(slack, 'conversations.replies', { channel: 'C0ACME', ts: '1700000000.000000' });
  expect(missing.body['error']).toBe('thread_not_found');
});

test('an invalid thread_ts is refused; one of a missing message is accepted, and the reply is shown nowhere', async () => {
  expect((await post(slack, { thread_ts: '0' })).body).toMatchObject({
    error: 'invalid_thread_ts',
    errors: ['0 is not a valid thread_ts'],
  });
  expect((await post(slack, { thread_ts: '1700000000.000000' })).body['ok']).toBe(true);
  expect((await call(slack, 'conversations.history', { channel: 'C0ACME' })).body['messages']).toEqual([]);
});

/** The three steps by hand; returns the id of the file. */
async function upload(name: string, content: Buffer): Promise<string> {
  const { body } = await call(slack, 'files.getUploadURLExternal', { filename: name, length: content.length });
  const sent = await fetch(String(body['upload_url']), { method: 'POST', body: new Uint8Array(content) });
  expect(await sent.text()).toBe(`OK - ${content.length}`);
  const done = await call(slack, 'files.completeUploadExternal', {
    files: [{ id: body['file_id'], title: 'A chart' }],
  });
  expect(done.body).toMatchObject({ ok: true, files: [{ id: body['file_id'], title: 'A chart' }] });
  return String(body['file_id']);
}

function image(id: string): object {
  return { text: 'x', blocks: [{ type: 'image', slack_file: { id }, alt_text: 'a chart' }] };
}

test('Slack’s own client uploads a file into a thread', async () => {
  const { body } = await post(slack);
  const client = clientOf(slack);
  const thread_ts = String(body['ts']);
  await client.filesUploadV2({
    channel_id: 'C0ACME',
    thread_ts,
    filename: 'rows.csv',
    file: Buffer.from('a,b\n1,2\n'),
  });
  const { messages = [] } = await client.conversations.replies({ channel: 'C0ACME', ts: thread_ts });
  expect(messages[1]).toMatchObject({
    subtype: 'file_share',
    files: [{ name: 'rows.csv', mimetype: 'text/csv', size: 8 }],
  });
});

test('an uploaded image is private, and a message shows it as a slack_file', async () => {
  const id = await upload('chart.png', PNG);
  expect((await call(slack, 'conversations.history', { channel: 'C0ACME' })).body['messages']).toEqual([]);
  expect((await post(slack, image(id))).body['ok']).toBe(true);
  const page = await (await fetch(`${slack.url}/w/T0SANDBOX/c/C0ACME`)).text();
  expect(page).toContain(`src="/files/${id}/chart.png"`);
  const shown = await fetch(`${slack.url}/files/${id}/chart.png`);
  expect(shown.headers.get('content-type')).toBe('image/png');
  expect(Buffer.from(await shown.arrayBuffer())).toEqual(PNG);
});

test('a file that Slack is still processing is refused in a block, and has no type yet', async () => {
  await control(slack, 'POST', 'limits', { fileProcessingMs: 60_000 });
  const id = await upload('chart.png', PNG);
  expect((await post(slack, image(id))).body).toMatchObject({
    error: 'invalid_blocks',
    errors: ['invalid slack file [json-pointer:/blocks/0/slack_file]'],
  });
  expect((await call(slack, 'files.info', { file: id })).body).toMatchObject({ file: { mimetype: '' } });
  await control(slack, 'POST', 'limits', { fileProcessingMs: 0 });
  expect((await post(slack, image(id))).body['ok']).toBe(true);
});

test('an upload is refused when it has another length, is completed twice or belongs to others', async () => {
  const { body } = await call(slack, 'files.getUploadURLExternal', { filename: 'a.png', length: 5 });
  expect((await fetch(String(body['upload_url']), { method: 'POST', body: 'four' })).status).toBe(400);
  const files = [{ id: body['file_id'] }];
  expect((await call(slack, 'files.completeUploadExternal', { files })).body['error']).toBe('file_not_found');

  const id = await upload('chart.png', PNG);
  expect((await call(slack, 'files.completeUploadExternal', { files: [{ id }] })).body['error']).toBe('file_not_found');
  const other = { id: 'T0OTHER', name: 'Other', token: 'xoxb-other', channels: [{ id: 'C9OTHER', name: 'other' }] };
  await control(slack, 'POST', 'workspaces', other);
  const stolen = await call(slack, 'chat.postMessage', { channel: 'C9OTHER', ...image(id) }, 'xoxb-other');
  expect(stolen.body['error']).toBe('invalid_blocks');
});

test('a fault fires on the upload itself, before and after it is accepted', async () => {
  const { body } = await call(slack, 'files.getUploadURLExternal', { filename: 'a.png', length: PNG.length });
  const send = () => fetch(String(body['upload_url']), { method: 'POST', body: new Uint8Array(PNG) });
  await control(slack, 'POST', 'faults', { method: 'upload', times: 1, action: { type: 'drop' } });
  await expect(send()).rejects.toThrow();
  await control(slack, 'POST', 'faults', {
    method: 'upload',
    times: 1,
    when: 'after',
    action: { type: 'status', status: 500 },
  });
  expect((await send()).status).toBe(500);
  const done = await call(slack, 'files.completeUploadExternal', { files: [{ id: body['file_id'] }] });
  expect(done.body['ok']).toBe(true);
});

test('files and threads survive a restart', async () => {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const folder = await mkdtemp('/tmp/sandbox-files-');
  const dataFile = `${folder}/sandbox.jsonl`;
  const memory = slack;
  slack = await sandboxFor({ dataFile });
  const id = await upload('chart.png', PNG);
  const { body } = await post(slack, image(id));
  await post(slack, { thread_ts: body['ts'] });
  await slack.close();
  slack = await sandboxFor({ dataFile });
  expect((await post(slack, image(id))).body['ok']).toBe(true);
  const thread = await call(slack, 'conversations.replies', { channel: 'C0ACME', ts: body['ts'] });
  expect(thread.body['messages']).toHaveLength(2);
  await memory.close();
  await rm(folder, { recursive: true });
});

test('the address of a file in a text of its own app shares the file, unless unfurling is off', async () => {
  const id = await upload('rows.csv', Buffer.from('a,b\n1,2\n'));
  const { file } = (await call(slack, 'files.info', { file: id })).body as { file: { permalink: string } };
  const shown = await post(slack, { text: `<${file.permalink}|Rows> (1 row)`, unfurl_links: true, unfurl_media: true });
  expect(shown.body).toMatchObject({ ok: true, message: { files: [{ id, name: 'rows.csv' }] } });
  const off = await post(slack, { text: `<${file.permalink}|Rows>`, unfurl_links: false });
  expect(off.body['message']).not.toHaveProperty('files');
  const page = await (await fetch(`${slack.url}/w/T0SANDBOX/c/C0ACME`)).text();
  expect(page.match(/class="file"/g)).toHaveLength(1);
});

test('an unknown block type is refused in Slack’s words, and accepted once it is known', async () => {
  const axis_config = { categories: ['Mon'] };
  const data = [{ label: 'Mon', value: 1 }];
  const chart = { type: 'bar', series: [{ name: 'A', data }], axis_config };
  const message = { blocks: [{ type: 'divider' }, { type: 'data_visualization', title: 'T', chart }] };
  await control(slack, 'POST', 'limits', { unknownBlocks: ['data_visualization'] });
  expect((await post(slack, message)).body).toMatchObject({
    error: 'invalid_blocks',
    errors: ['unsupported type: data_visualization [json-pointer:/blocks/1/type]'],
  });
  await control(slack, 'POST', 'limits', { unknownBlocks: [] });
  expect((await post(slack, message)).body['ok']).toBe(true);
});
