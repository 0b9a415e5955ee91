import type { Context } from 'hono';
import type { Sandbox } from '../sandbox.ts';
/**
 * Server-sent events for the page: `message` for each new message, with its HTML if it is in the channel of the query;
 * `changed` when anything else about the workspaces changes; `reset` after a reset.
 */
export declare function eventStream(context: Context, sandbox: Sandbox): Response;
