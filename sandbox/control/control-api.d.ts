import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
/** `/_sandbox/*`: faults, limits, workspaces and what happened, for tests and people. */
export declare function controlApi(sandbox: Sandbox): Hono;
