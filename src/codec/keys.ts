import { createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf, UserError } from '../lib/errors.ts';
import { knowSecret } from '../lib/known-secrets.ts';

/** AES-256. */
const KEY_BYTES = 32;
const SETTING = 'SLACK_REPORTS_CODEC_KEYS';

/** Where the codec server listens unless told otherwise: one above the Web UI of a dev server. */
export const CODEC_SERVER_PORT = 8_234;

/** The keys of the payload codec: new payloads are encrypted with the first, and those of any of them can be read. */
export interface CodecKeys {
  readonly first: string;
  /** By id. A `KeyObject` shows nothing of its key when it is printed. */
  readonly byId: ReadonlyMap<string, KeyObject>;
}

/**
 * Reads `id1:base64,id0:base64`, or the same with a key a line from `file:/path`. Undefined when there are none: the
 * codec is off. Throws a UserError that names the place of what is wrong, never a key.
 */
export function readCodecKeys(setting: string | undefined): CodecKeys | undefined {
  if (setting === undefined || setting.trim() === '') return undefined;
  const path = /^file:(.+)$/s.exec(setting.trim())?.[1];
  const entries = (path === undefined ? setting : contentsOf(path)).split(/[,\n]/).map((entry) => entry.trim());
  const byId = new Map<string, KeyObject>();
  for (const [index, entry] of entries.filter((text) => text !== '').entries()) {
    const place = `${SETTING}${path === undefined ? '' : ` (${path})`}: key ${index + 1}`;
    const [id, key] = keyOf(entry, place);
    if (byId.has(id)) throw wrong(`${place} has the id "${id}", which an earlier one has too`);
    byId.set(id, key);
  }
  const [first] = byId.keys();
  if (first === undefined) throw wrong(`${SETTING}: ${path ?? 'the setting'} holds no key`);
  return { first, byId };
}

/**
 * True where payloads are encrypted. Then names of accounts and channels must stay out of what Temporal does not
 * encrypt: search attributes, workflow ids, reasons of a termination.
 */
export function codecIsOn({ temporal }: { temporal: { codecKeys?: CodecKeys | undefined } }): boolean {
  return temporal.codecKeys !== undefined;
}

function keyOf(entry: string, place: string): [string, KeyObject] {
  const [, id, text] = /^([\w.-]{1,64}):([A-Za-z0-9+/]+={0,2})$/.exec(entry) ?? [];
  if (id === undefined || text === undefined) throw wrong(`${place} is not of the form id:base64`);
  knowSecret(text);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== KEY_BYTES) throw wrong(`${place} ("${id}") has ${bytes.length} bytes instead of ${KEY_BYTES}`);
  return [id, createSecretKey(bytes)];
}

function contentsOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw wrong(`${SETTING}: cannot read ${path}: ${messageOf(error)}`);
  }
}

function wrong(message: string): UserError {
  return UserError.input('invalid_codec_keys', message, {
    hint: 'Make a key with: openssl rand -base64 32. The form is id:key,olderId:olderKey; the first encrypts.',
  });
}
