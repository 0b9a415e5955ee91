import type { Message } from './types.ts';
export declare const MICROSECONDS = 1000000;
/** The messages of one channel, each list oldest first; a ts only ever rises, so a place is found by halving. */
export declare class ChannelLog {
  #private;
  readonly all: Message[];
  /** What the channel itself shows: no replies, unless they were sent to the channel as well. */
  readonly top: Message[];
  add(message: Message): void;
  find(ts: string): Message | undefined;
  repliesTo(ts: string): readonly Message[];
  get lastMicros(): number;
}
/** The index of the first message at or after `ts`; the length without one. */
export declare function placeOf(messages: readonly Message[], ts: string): number;
/** Epoch microseconds of a ts: exact, where a float of seconds would not be. */
export declare function microsOf(ts: string): number;
