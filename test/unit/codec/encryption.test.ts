import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Payload } from '@temporalio/common';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encryptionCodec } from '../../../src/codec/encryption.ts';
import { codecIsOn, readCodecKeys } from '../../../src/codec/keys.ts';
import { UserError } from '../../../src/lib/errors.ts';
import { temporaryFolder } from '../../support/store.ts';

const newKey = () => randomBytes(32).toString('base64');
const codecWith = (setting: string | undefined) => encryptionCodec(readCodecKeys(setting));
const bytes = (text: string) => Buffer.from(text);

function payload(text: string): Payload {
  return { metadata: { encoding: bytes('json/plain'), messageType: bytes('Secret type') }, data: bytes(text) };
}

async function refusal(work: () => unknown): Promise<UserError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('the codec', () => {
  test('gives back what it was given, and shows nothing of it', async () => {
    const codec = codecWith(`a:${newKey()}`);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.string(), async (data, name) => {
        const plain = { metadata: { encoding: bytes('binary/plain'), name: bytes(name) }, data };
        const [sealed] = await codec.encode([plain]);
        expect(Object.keys(sealed?.metadata ?? {})).toEqual(['encoding', 'encryption-key-id']);
        const [opened] = await codec.decode([sealed!]);
        expect(Buffer.from(opened?.data ?? [])).toEqual(Buffer.from(data));
        expect(Buffer.from(opened?.metadata?.['name'] ?? []).toString()).toBe(bytes(name).toString());
      }),
    );
    const [sealed] = await codec.encode([payload('Quagga Industries')]);
    expect(Buffer.from(sealed?.data ?? []).toString('latin1')).not.toMatch(/Quagga|Secret type|json/);
  });

  test('never encrypts the same thing to the same bytes', async () => {
    const codec = codecWith(`a:${newKey()}`);
    const same = Array.from({ length: 200 }, () => payload('same'));
    const sealed = await codec.encode(same);
    expect(new Set(sealed.map(({ data }) => Buffer.from(data ?? []).toString('hex'))).size).toBe(200);
    expect(new Set(sealed.map(({ data }) => Buffer.from(data ?? []).toString('hex', 0, 12))).size, 'nonces').toBe(200);
  });

  test('encrypts with the first key, and reads what any of them encrypted', async () => {
    const [older, newer] = [`2026a:${newKey()}`, `2026b:${newKey()}`];
    const [before] = await codecWith(older).encode([payload('before')]);
    const rotated = codecWith(`${newer},${older}`);
    const [after] = await rotated.encode([payload('after')]);
    expect(Buffer.from(after?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('2026b');
    const opened = await rotated.decode([before!, after!]);
    expect(opened.map(({ data }) => Buffer.from(data ?? []).toString())).toEqual(['before', 'after']);
  });

  test('passes on what was never encrypted: from before it was turned on', async () => {
    const plain = payload('old');
    expect(await codecWith(`a:${newKey()}`).decode([plain])).toEqual([plain]);
    expect(await codecWith(undefined).encode([plain])).toEqual([plain]);
  });

  test.each(['the nonce', 'the ciphertext', 'the tag'])('opens nothing whose bytes were changed: %s', async (what) => {
    const codec = codecWith(`a:${newKey()}`);
    const [sealed] = await codec.encode([payload('Quagga')]);
    const data = Buffer.from(sealed?.data ?? []);
    const at = { 'the nonce': 0, 'the ciphertext': 14, 'the tag': data.length - 1 }[what] ?? 0;
    data[at] = data[at]! ^ 1;
    expect(await refusal(() => codec.decode([{ ...sealed!, data }]))).toMatchObject({ code: 'codec_key_does_not_fit' });
  });

  test.each([0, 5, 27])('opens nothing that was cut to %i bytes', async (length) => {
    const codec = codecWith(`a:${newKey()}`);
    const [sealed] = await codec.encode([payload('Quagga')]);
    const cut = { ...sealed!, data: sealed!.data!.subarray(0, length) };
    expect(await refusal(() => codec.decode([cut]))).toMatchObject({ code: 'codec_key_does_not_fit' });
  });

  test('names the key that it lacks, with the codec off too', async () => {
    const [sealed] = await codecWith(`2026a:${newKey()}`).encode([payload('Quagga')]);
    for (const setting of [undefined, `2026b:${newKey()}`]) {
      const error = await refusal(() => codecWith(setting).decode([sealed!]));
      expect(error.message).toBe('A payload is encrypted with the key "2026a", which is not known here');
      expect(error.hint).toContain('SLACK_REPORTS_CODEC_KEYS');
    }
  });
});

describe('its keys', () => {
  test('come from the setting or from a file, a line each', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'keys');
    await writeFile(file, `\nnew:${newKey()}\nold:${newKey()}\n`);
    const keys = readCodecKeys(`file:${file}`);
    expect(keys?.first).toBe('new');
    expect([...(keys?.byId.keys() ?? [])]).toEqual(['new', 'old']);
  });

  test.each([undefined, '', '  '])('are not there: the codec is off (%s)', (setting) => {
    expect(codecIsOn({ temporal: { codecKeys: readCodecKeys(setting) } })).toBe(false);
  });

  test.each([
    ['no id', () => newKey(), 'key 1 is not of the form id:base64'],
    ['not base64', () => 'a:not*base64', 'key 1 is not of the form id:base64'],
    ['too short', () => `a:${randomBytes(16).toString('base64')}`, 'key 1 ("a") has 16 bytes instead of 32'],
    ['twice', () => `a:${newKey()},a:${newKey()}`, 'key 2 has the id "a", which an earlier one has too'],
    ['none', () => ' , ', 'holds no key'],
    ['no file', () => 'file:/nowhere/keys', 'cannot read /nowhere/keys'],
  ])('are refused, and not told: %s', async (_, make, message) => {
    const setting = make();
    const error = await refusal(() => readCodecKeys(setting));
    expect(error.message).toContain(message);
    expect(error.hint).toContain('openssl rand -base64 32');
    for (const key of setting.matchAll(/[A-Za-z0-9+/]{20,}=*/g)) expect(inspect(error)).not.toContain(key[0]);
  });

  test('show nothing when they are printed', () => {
    const key = newKey();
    const keys = readCodecKeys(`a:${key}`)!;
    const shown = inspect(keys, { depth: 9 }) + JSON.stringify([...keys.byId]);
    expect(shown).not.toContain(key);
    expect(shown).not.toContain(Buffer.from(key, 'base64').toString('hex'));
  });
});
