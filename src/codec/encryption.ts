import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { UserError } from '../lib/errors.ts';
import type { CodecKeys } from './keys.ts';

/** What Temporal's own samples call an encrypted payload and the id of its key, so that their tools know it too. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
/** NIST SP 800-38D: a random nonce of 96 bits, and so at most 2^32 payloads with one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/**
 * Encrypts payloads with AES-256-GCM: `nonce | ciphertext | tag`, over the payload as a whole, so that its own metadata
 * are hidden and sealed too. Without keys it encrypts nothing, and says what is missing when it meets something encrypted.
 */
export function encryptionCodec(keys: CodecKeys | undefined): PayloadCodec {
  return {
    async encode(payloads) {
      return keys === undefined ? payloads : payloads.map((payload) => encrypt(payload, keys));
    },
    /** What is not encrypted is passed on: from before the codec was turned on, or from another client. */
    async decode(payloads) {
      return payloads.map((payload) => (isEncrypted(payload) ? decrypt(payload, keys) : payload));
    },
  };
}

function isEncrypted(payload: Payload): boolean {
  return text(payload, 'encoding') === ENCODING;
}

function encrypt(payload: Payload, { first, byId }: CodecKeys): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, byId.get(first)!, nonce, { authTagLength: TAG_BYTES });
  const sealed = [nonce, cipher.update(PayloadMessage.encode(payload).finish()), cipher.final(), cipher.getAuthTag()];
  return {
    metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(first) },
    data: Buffer.concat(sealed),
  };
}

function decrypt(payload: Payload, keys: CodecKeys | undefined): Payload {
  const id = text(payload, KEY_ID);
  const key = keys?.byId.get(id);
  if (key === undefined) {
    throw UserError.input('unknown_codec_key', `A payload is encrypted with the key "${id}", which is not known here`, {
      hint: 'Add it to SLACK_REPORTS_CODEC_KEYS, after the key that encrypts now.',
    });
  }
  const data = payload.data ?? new Uint8Array();
  try {
    const decipher = createDecipheriv(CIPHER, key, data.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(data.subarray(-TAG_BYTES));
    const opened = [decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return PayloadMessage.decode(Buffer.concat(opened));
  } catch (error) {
    throw UserError.input('codec_key_does_not_fit', `Cannot decrypt a payload with the key "${id}"`, {
      hint: 'The payload was changed, or SLACK_REPORTS_CODEC_KEYS has another key under that id than the one it was encrypted with.',
      cause: error,
    });
  }
}

function text({ metadata }: Payload, name: string): string {
  return Buffer.from(metadata?.[name] ?? []).toString();
}
