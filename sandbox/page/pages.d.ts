import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
/** What a person sees: channels, faults and rates, and the permalinks of messages. */
export declare function pageRoutes(sandbox: Sandbox): Hono;
