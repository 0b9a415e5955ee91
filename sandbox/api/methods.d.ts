import type { Sandbox } from '../sandbox.ts';
import { type Caller } from './access.ts';
import { type Reply } from './reply.ts';
import { type Args, type SlackRequest } from './request.ts';
type Method = (caller: Caller, args: Args) => Reply;
/** Every method that the sandbox answers. */
export declare const METHODS: Readonly<Record<string, Method>>;
/** Answers one call as Slack would: token, rate limit, then the method's own checks. */
export declare function callMethod(sandbox: Sandbox, { method, args, token, origin }: SlackRequest): Reply;
export {};
