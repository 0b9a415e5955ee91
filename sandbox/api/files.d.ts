import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import { type Caller } from './access.ts';
import { type Reply } from './reply.ts';
import { type Args } from './request.ts';
/** Step 1 of 3: returns the address for the bytes and the id of the future file. */
export declare function getUploadURL(caller: Caller, args: Args): Reply;
/** The method name of step 2 in faults; it is not a method of the Web API. */
export declare const UPLOAD = 'upload';
/** Step 2 of 3, `POST /upload/v1/<file id>`: the bytes of a file, as the body or as a part of a form. */
export declare function uploadRoute(sandbox: Sandbox): Hono<{
  Bindings: HttpBindings;
}>;
/** Step 3 of 3. Without a channel, only the app can use the file, as a `slack_file`. */
export declare function completeUpload(caller: Caller, args: Args): Reply;
export declare function info(caller: Caller, args: Args): Reply;
