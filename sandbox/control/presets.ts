import type { z } from 'zod';
import type { faultSchema } from './schemas.ts';

export interface Preset {
  id: string;
  label: string;
  /** What it does, in one line. */
  about: string;
  fault: z.input<typeof faultSchema>;
}

const POST = 'chat.postMessage';

/** Problems that Slack is known for. */
export const PRESETS: readonly Preset[] = [
  {
    id: 'rate-limit',
    label: 'Rate limit',
    about: '429 with Retry-After 5, three times',
    fault: { method: POST, times: 3, action: { type: 'rate_limit', retryAfter: 5 } },
  },
  {
    id: 'lost-before',
    label: 'Dropped before',
    about: 'The connection ends before Slack took the message',
    fault: { method: POST, times: 1, action: { type: 'drop' } },
  },
  {
    id: 'lost-after',
    label: 'Dropped after',
    about: 'Slack took the message, the answer is lost',
    fault: { method: POST, times: 1, when: 'after', action: { type: 'drop' } },
  },
  {
    id: 'error-after',
    label: '500 after accept',
    about: 'Slack took the message and answers 500',
    fault: { method: POST, times: 1, when: 'after', action: { type: 'status', status: 500 } },
  },
  {
    id: 'outage',
    label: 'Outage',
    about: '503 to every method until it is removed',
    fault: { action: { type: 'status', status: 503 } },
  },
  {
    id: 'slow',
    label: 'Slow',
    about: 'Every post takes 3 seconds more',
    fault: { method: POST, action: { type: 'delay', ms: 3_000 } },
  },
  {
    id: 'hang',
    label: 'No answer',
    about: 'The client has to give up by itself',
    fault: { method: POST, times: 1, action: { type: 'hang' } },
  },
  {
    id: 'blocks',
    label: 'Blocks refused',
    about: 'invalid_blocks, as for an image that cannot be fetched',
    fault: {
      method: POST,
      times: 1,
      action: {
        type: 'error',
        error: 'invalid_blocks',
        errors: ['downloading image failed [json-pointer:/blocks/0/image_url]'],
      },
    },
  },
];
