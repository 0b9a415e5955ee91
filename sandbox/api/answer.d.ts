import type { HttpBindings } from '@hono/node-server';
import type { Context, ErrorHandler } from 'hono';
import type { Call, FaultAction } from '../state/faults.ts';
import type { Sandbox } from '../sandbox.ts';
import { type Reply } from './reply.ts';
export type NodeContext = Context<{
  Bindings: HttpBindings;
}>;
export declare function send(context: NodeContext, sandbox: Sandbox, { status, body, headers }: Reply): Response;
interface Step {
  /** Does the call. A fault `after` applies only to an accepted call; `reply` is what it would cut short. */
  run: () => {
    isAccepted: boolean;
    reply: Reply;
    response: () => Response;
  };
  /** Called when a fault `before` replaces the call. */
  onReplaced?: (fault: FaultAction) => void;
}
/** Answers a call, with the faults that match it. */
export declare function answerWithFaults(
  context: NodeContext,
  sandbox: Sandbox,
  call: Call,
  { run, onReplaced }: Step,
): Promise<Response>;
/** For `onError`: a call that was delayed when the sandbox closed has no connection any more. */
export declare function ignoreWhenClosed({ closing }: Sandbox): ErrorHandler;
export {};
