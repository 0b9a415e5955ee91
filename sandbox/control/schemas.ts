import { z } from 'zod';
import { DEFAULT_SCOPES } from '../state/seed.ts';

const id = z.string().regex(/^[A-Z0-9]+$/, 'an id has capital letters and digits');
const count = z.int().min(1);
const rate = z.strictObject({ perMinute: z.number().positive(), burst: z.number().min(1) });

export const workspaceSchema = z.strictObject({
  id,
  name: z.string().min(1),
  token: z.string().min(1),
  scopes: z.array(z.string()).default([...DEFAULT_SCOPES]),
  channels: z
    .array(
      z.strictObject({
        id,
        name: z.string().min(1),
        private: z.boolean().default(false),
        archived: z.boolean().default(false),
        member: z.boolean().default(true),
      }),
    )
    .default([]),
});

export const channelPatchSchema = z.strictObject({
  name: z.string().min(1).exactOptional(),
  private: z.boolean().exactOptional(),
  archived: z.boolean().exactOptional(),
  member: z.boolean().exactOptional(),
});

export const tokenPatchSchema = z.strictObject({
  state: z.enum(['ok', 'revoked', 'inactive']).exactOptional(),
  scopes: z.array(z.string()).exactOptional(),
});

export const limitsPatchSchema = z.strictObject({
  channel: rate.exactOptional(),
  workspace: rate.exactOptional(),
  methods: z.record(z.string(), rate).exactOptional(),
  silentHide: z.boolean().exactOptional(),
  historyLagMs: z.number().min(0).exactOptional(),
  historyPageMax: count.max(999).exactOptional(),
  fileProcessingMs: z.number().min(0).exactOptional(),
  unknownBlocks: z.array(z.string().min(1)).exactOptional(),
});

export const faultSchema = z.strictObject({
  method: z.string().exactOptional(),
  channel: z.string().exactOptional(),
  workspace: z.string().exactOptional(),
  nth: count.exactOptional(),
  every: count.exactOptional(),
  probability: z.number().min(0).max(1).exactOptional(),
  seed: z.int().exactOptional(),
  times: count.exactOptional(),
  when: z.enum(['before', 'after']).default('before'),
  action: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('delay'), ms: z.number().min(0) }),
    z.strictObject({ type: z.literal('drop') }),
    z.strictObject({ type: z.literal('hang') }),
    z.strictObject({ type: z.literal('status'), status: z.literal([500, 502, 503]) }),
    z.strictObject({ type: z.literal('truncate') }),
    z.strictObject({ type: z.literal('html') }),
    z.strictObject({ type: z.literal('rate_limit'), retryAfter: count.exactOptional() }),
    z.strictObject({ type: z.literal('error'), error: z.string().min(1), errors: z.array(z.string()).exactOptional() }),
  ]),
});
