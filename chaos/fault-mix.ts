import type { FaultSpec } from 'slack-sandbox';
import type { Plan } from './plan.ts';
import { randomFrom } from './random.ts';

/** The refusal of the channels that take no message; it also refuses the plain-text fallback. */
export const REFUSAL = 'msg_too_long';

type Mix = readonly [probability: number, fault: Pick<FaultSpec, 'when' | 'action' | 'times'>];

/**
 * What happens to calls of chat.postMessage, and how often. Everything that the sandbox can do is here but answers that
 * would be lies: a 429 or a refusal for a message that was taken would double under any sender.
 */
const POST_FAULTS: readonly Mix[] = [
  ...(['before', 'after'] as const).flatMap((when): Mix[] => [
    [0.02, { when, action: { type: 'drop' } }],
    [0.01, { when, action: { type: 'status', status: 500 } }],
    [0.01, { when, action: { type: 'status', status: 502 } }],
    [0.01, { when, action: { type: 'status', status: 503 } }],
    [0.02, { when, action: { type: 'truncate' } }],
    [0.01, { when, action: { type: 'html' } }],
    [0.01, { when, action: { type: 'error', error: 'fatal_error' } }],
    [0.01, { when, action: { type: 'error', error: 'internal_error' } }],
    [0.01, { when, action: { type: 'error', error: 'an_error_slack_never_documented' } }],
    [0.01, { when, action: { type: 'hang' }, times: 2 }],
  ]),
  [0.03, { when: 'before', action: { type: 'rate_limit', retryAfter: 1 } }],
  [0.01, { when: 'before', action: { type: 'rate_limit' }, times: 2 }],
  [0.01, { when: 'before', action: { type: 'error', error: 'ratelimited' }, times: 2 }],
  [0.01, { when: 'before', action: { type: 'error', error: 'request_timeout' } }],
  [0.03, { when: 'before', action: { type: 'error', error: 'invalid_blocks', errors: ['no such block'] } }],
  [0.05, { when: 'after', action: { type: 'delay', ms: 1_200 } }],
];

/** Reading the channel fails too; each failure puts the next look off by half a minute, hence few. */
const HISTORY_FAULTS: readonly Mix[] = [
  [0.03, { when: 'before', action: { type: 'drop' }, times: 1 }],
  [0.03, { when: 'before', action: { type: 'status', status: 500 }, times: 1 }],
  [0.03, { when: 'after', action: { type: 'truncate' }, times: 1 }],
  [0.03, { when: 'before', action: { type: 'html' }, times: 1 }],
  [0.05, { when: 'before', action: { type: 'rate_limit', retryAfter: 2 } }],
  [0.05, { when: 'after', action: { type: 'delay', ms: 700 } }],
];

const JOIN_FAULTS: readonly Mix[] = [
  [0.2, { when: 'before', action: { type: 'status', status: 500 }, times: 1 }],
  [0.2, { when: 'before', action: { type: 'rate_limit', retryAfter: 1 }, times: 1 }],
  [0.2, { when: 'after', action: { type: 'drop' }, times: 1 }],
];

/** Faults by seed: the nth call of a method meets the same fault in every run of it. */
export function faultMix(plan: Plan): FaultSpec[] {
  const random = randomFrom(plan.seed + 1);
  const of = (method: string, mix: readonly Mix[]) =>
    mix.map(([probability, fault]): FaultSpec => ({ ...fault, method, probability, seed: random.int(1, 1e9) }));
  return [
    ...plan.places
      .filter(({ trouble }) => trouble === 'refuses' || trouble === 'relents')
      .map(({ id }): FaultSpec => refusalOf(id)),
    {
      method: 'chat.postMessage',
      when: 'before',
      action: { type: 'delay', ms: plan.slowAcceptMs },
      every: 23,
      times: 4,
    },
    ...of('chat.postMessage', POST_FAULTS),
    ...of('conversations.history', HISTORY_FAULTS),
    ...of('conversations.replies', HISTORY_FAULTS),
    ...of('conversations.join', JOIN_FAULTS),
  ];
}

function refusalOf(channel: string): FaultSpec {
  return { method: 'chat.postMessage', channel, when: 'before', action: { type: 'error', error: REFUSAL } };
}

/** "chat.postMessage: drop after", for the table. */
export function nameOf({ method = 'any', when, action }: FaultSpec): string {
  const detail = action.type === 'status' ? ` ${action.status}` : action.type === 'error' ? ` ${action.error}` : '';
  const header = action.type === 'rate_limit' && action.retryAfter === undefined ? ' without header' : '';
  return `${method}: ${action.type}${detail}${header} ${when}`;
}
