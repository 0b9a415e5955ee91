import { asObject, isObject, listOf } from '../../src/slack/block-kit/json.ts';
import type { Caller } from './access.ts';
import { problemsOf } from './content.ts';
import { Refusal, ok, type Reply } from './reply.ts';
import { jsonArg, type Args } from './request.ts';

/** What each of its arguments is refused with. Docs, blocks.validate. */
const REFUSALS = { blocks: 'invalid_blocks', message: 'invalid_message' } as const;

/** Checks blocks, or those of a message, and posts nothing. Needs no scope. The sandbox has no views. */
export function validate(caller: Caller, args: Args): Reply {
  const given = (['blocks', 'message'] as const).filter((name) => args[name] !== undefined);
  const [name] = given;
  if (name === undefined || given.length > 1 || args['view'] !== undefined) throw new Refusal('invalid_arguments');
  const value = jsonArg(args, name, 'invalid_arguments');
  if (name === 'blocks' ? !Array.isArray(value) : !isObject(value)) throw new Refusal('invalid_arguments');
  const blocks = listOf(name === 'blocks' ? value : asObject(value)['blocks']);
  const problems = problemsOf(caller, blocks);
  if (problems.length === 0) return ok({});
  throw new Refusal(REFUSALS[name], { errors: problems.map((problem) => errorOf(problem, name)) });
}

/** One of Slack's error objects; the pointer begins at the argument. */
function errorOf(problem: string, name: keyof typeof REFUSALS): Record<string, unknown> {
  const [, message = problem, pointer = ''] = /^(.*) \[json-pointer:(.*)\]$/s.exec(problem) ?? [];
  return {
    pointer: name === 'blocks' ? pointer.replace(/^\/blocks/, '') : pointer,
    code: 'failed_constraint',
    message,
  };
}
