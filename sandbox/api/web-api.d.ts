import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
/** `/api/<method>`: Slack's Web API, with faults. */
export declare function webApi(sandbox: Sandbox): Hono<{
  Bindings: HttpBindings;
}>;
