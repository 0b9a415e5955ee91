import { Buffer } from 'node:buffer';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { z } from 'zod';
import { UserError } from '../../lib/errors.ts';
import { redactError } from '../../lib/redact.ts';
import { encryptionCodec } from '../encryption.ts';
import type { CodecKeys } from '../keys.ts';
import type { Authenticate } from './authenticate.ts';
import { onlyLoopbackHosts } from './guard.ts';

/** More than a page of the Web UI holds: one gRPC answer of Temporal's is at most 4 MiB, and base64 adds a third. */
const BODY_MAX_BYTES = 16 * 1024 * 1024;

export interface CodecServerParts {
  keys: CodecKeys;
  /** Requests for another namespace are refused. */
  namespace: string;
  /** The Web UI's own, such as `http://localhost:8233`: pages of other sites read nothing. */
  origins: readonly string[];
  /** Tells who may ask; undefined lets everybody on this machine. */
  authenticate: Authenticate | undefined;
  /** Where it listens: on a loopback address it answers to no other name. */
  isLoopback: boolean;
}

const payload = z.object({ metadata: z.record(z.string(), z.base64()).optional(), data: z.base64().optional() });
/** As the Web UI and the CLI send it: protobuf's JSON, where bytes are base64 and an empty list is left out. */
const request = z.object({ payloads: z.array(payload).default([]) });
type JsonPayload = z.infer<typeof payload>;

/** `POST /encode` and `POST /decode`. https://docs.temporal.io/codec-server */
export function codecApp({ keys, namespace, origins, authenticate, isLoopback }: CodecServerParts): Hono {
  const codec = encryptionCodec(keys);
  const app = new Hono();
  if (isLoopback) app.use(onlyLoopbackHosts);
  app.use(
    cors({
      origin: [...origins],
      allowMethods: ['POST'],
      allowHeaders: ['Content-Type', 'X-Namespace', 'Authorization'],
      credentials: true,
    }),
  );
  const tooLarge = `The body is larger than ${BODY_MAX_BYTES} bytes`;
  app.use(bodyLimit({ maxSize: BODY_MAX_BYTES, onError: (context) => context.text(tooLarge, 413) }));

  app.use(async (context, next) => {
    const origin = context.req.header('origin');
    if (origin !== undefined && !origins.includes(origin)) return context.text('Not a page of the Web UI', 403);
    // What is not JSON a page of any site may send without asking first.
    if (!/^application\/json\b/.test(context.req.header('content-type') ?? '')) return context.text('Not JSON', 415);
    const refused = await authenticate?.(context.req.header('authorization'));
    if (refused !== undefined) return context.text(refused, 401, { 'WWW-Authenticate': 'Bearer' });
    // The CLI names none where it is not told one.
    const asked = context.req.header('x-namespace') || namespace;
    if (asked !== namespace) return context.text(`The keys are those of ${namespace}`, 403);
    return next();
  });

  for (const verb of ['encode', 'decode'] as const) {
    app.post(`/${verb}`, async (context) => {
      const body = request.safeParse(await context.req.json().catch(() => undefined));
      if (!body.success) return context.text('The body is not {"payloads": […]}', 400);
      const payloads = await codec[verb](body.data.payloads.map(fromJson));
      return context.json({ payloads: payloads.map(toJson) });
    });
  }

  app.onError((error, context) => {
    if (error instanceof UserError) return context.text(error.message, 400);
    console.error(redactError(error));
    return context.text('Internal error', 500);
  });
  return app;
}

function fromJson({ metadata = {}, data = '' }: JsonPayload) {
  const entries = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(entries) as Record<string, Uint8Array>, data: Buffer.from(data, 'base64') };
}

function toJson({
  metadata,
  data,
}: {
  metadata?: Record<string, Uint8Array> | null;
  data?: Uint8Array | null;
}): JsonPayload {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(entries) as Record<string, string>, data: base64(data ?? []) };
}

function base64(bytes: Uint8Array | never[]): string {
  return Buffer.from(bytes).toString('base64');
}
