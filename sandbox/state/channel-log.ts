import type { Message } from './types.ts';

export const MICROSECONDS = 1_000_000;

/** The messages of one channel, each list oldest first; a ts only ever rises, so a place is found by halving. */
export class ChannelLog {
  readonly all: Message[] = [];
  /** What the channel itself shows: no replies, unless they were sent to the channel as well. */
  readonly top: Message[] = [];
  readonly #replies = new Map<string, Message[]>();

  add(message: Message): void {
    this.all.push(message);
    const { threadTs } = message;
    if (threadTs === undefined || message.broadcast) this.top.push(message);
    if (threadTs === undefined) return;
    const replies = this.#replies.get(threadTs);
    if (replies) replies.push(message);
    else this.#replies.set(threadTs, [message]);
  }

  find(ts: string): Message | undefined {
    const found = this.all[placeOf(this.all, ts)];
    return found?.ts === ts ? found : undefined;
  }

  repliesTo(ts: string): readonly Message[] {
    return this.#replies.get(ts) ?? [];
  }

  get lastMicros(): number {
    const last = this.all.at(-1);
    return last === undefined ? 0 : microsOf(last.ts);
  }
}

/** The index of the first message at or after `ts`; the length without one. */
export function placeOf(messages: readonly Message[], ts: string): number {
  const wanted = microsOf(ts);
  let [from, to] = [0, messages.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const message = messages[middle];
    if (message !== undefined && microsOf(message.ts) < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Epoch microseconds of a ts: exact, where a float of seconds would not be. */
export function microsOf(ts: string): number {
  const [seconds = '0', fraction = ''] = ts.split('.');
  return Number(seconds) * MICROSECONDS + Number(fraction.padEnd(6, '0').slice(0, 6));
}
