import { z } from 'zod';
export declare const workspaceSchema: z.ZodObject<
  {
    id: z.ZodString;
    name: z.ZodString;
    token: z.ZodString;
    scopes: z.ZodDefault<z.ZodArray<z.ZodString>>;
    channels: z.ZodDefault<
      z.ZodArray<
        z.ZodObject<
          {
            id: z.ZodString;
            name: z.ZodString;
            private: z.ZodDefault<z.ZodBoolean>;
            archived: z.ZodDefault<z.ZodBoolean>;
            member: z.ZodDefault<z.ZodBoolean>;
          },
          z.core.$strict
        >
      >
    >;
  },
  z.core.$strict
>;
export declare const channelPatchSchema: z.ZodObject<
  {
    name: z.ZodExactOptional<z.ZodString>;
    private: z.ZodExactOptional<z.ZodBoolean>;
    archived: z.ZodExactOptional<z.ZodBoolean>;
    member: z.ZodExactOptional<z.ZodBoolean>;
  },
  z.core.$strict
>;
export declare const tokenPatchSchema: z.ZodObject<
  {
    state: z.ZodExactOptional<
      z.ZodEnum<{
        inactive: 'inactive';
        ok: 'ok';
        revoked: 'revoked';
      }>
    >;
    scopes: z.ZodExactOptional<z.ZodArray<z.ZodString>>;
  },
  z.core.$strict
>;
export declare const limitsPatchSchema: z.ZodObject<
  {
    channel: z.ZodExactOptional<
      z.ZodObject<
        {
          perMinute: z.ZodNumber;
          burst: z.ZodNumber;
        },
        z.core.$strict
      >
    >;
    workspace: z.ZodExactOptional<
      z.ZodObject<
        {
          perMinute: z.ZodNumber;
          burst: z.ZodNumber;
        },
        z.core.$strict
      >
    >;
    methods: z.ZodExactOptional<
      z.ZodRecord<
        z.ZodString,
        z.ZodObject<
          {
            perMinute: z.ZodNumber;
            burst: z.ZodNumber;
          },
          z.core.$strict
        >
      >
    >;
    silentHide: z.ZodExactOptional<z.ZodBoolean>;
    historyLagMs: z.ZodExactOptional<z.ZodNumber>;
    fileProcessingMs: z.ZodExactOptional<z.ZodNumber>;
    unknownBlocks: z.ZodExactOptional<z.ZodArray<z.ZodString>>;
  },
  z.core.$strict
>;
export declare const faultSchema: z.ZodObject<
  {
    method: z.ZodExactOptional<z.ZodString>;
    channel: z.ZodExactOptional<z.ZodString>;
    workspace: z.ZodExactOptional<z.ZodString>;
    nth: z.ZodExactOptional<z.ZodInt>;
    every: z.ZodExactOptional<z.ZodInt>;
    probability: z.ZodExactOptional<z.ZodNumber>;
    seed: z.ZodExactOptional<z.ZodInt>;
    times: z.ZodExactOptional<z.ZodInt>;
    when: z.ZodDefault<
      z.ZodEnum<{
        after: 'after';
        before: 'before';
      }>
    >;
    action: z.ZodDiscriminatedUnion<
      [
        z.ZodObject<
          {
            type: z.ZodLiteral<'delay'>;
            ms: z.ZodNumber;
          },
          z.core.$strict
        >,
        z.ZodObject<
          {
            type: z.ZodLiteral<'drop'>;
          },
          z.core.$strict
        >,
        z.ZodObject<
          {
            type: z.ZodLiteral<'hang'>;
          },
          z.core.$strict
        >,
        z.ZodObject<
          {
            type: z.ZodLiteral<'status'>;
            status: z.ZodLiteral<500 | 502 | 503>;
          },
          z.core.$strict
        >,
        z.ZodObject<
          {
            type: z.ZodLiteral<'truncate'>;
          },
          z.core.$strict
        >,
        z.ZodObject<
          {
            type: z.ZodLiteral<'html'>;
          },
          z.core.$strict
        >,
        z.ZodObject<
          {
            type: z.ZodLiteral<'rate_limit'>;
            retryAfter: z.ZodExactOptional<z.ZodInt>;
          },
          z.core.$strict
        >,
        z.ZodObject<
          {
            type: z.ZodLiteral<'error'>;
            error: z.ZodString;
            errors: z.ZodExactOptional<z.ZodArray<z.ZodString>>;
          },
          z.core.$strict
        >,
      ],
      'type'
    >;
  },
  z.core.$strict
>;
