import { memoryJournal, openJournal, type Journal } from './journal.ts';
import { seed } from './seed.ts';
import type { Change, Channel, Message, Token, Workspace } from './types.ts';

const MICROSECONDS = 1_000_000;

/** All that the sandbox remembers. Every change goes through `record`, so memory and file never differ. */
export class Store {
  readonly workspaces = new Map<string, Workspace>();
  readonly tokens = new Map<string, Token>();
  readonly channels = new Map<string, Channel>();
  /** What had to be mended in the data file when it was opened. */
  readonly notice: string | undefined;
  readonly #messages = new Map<string, Message[]>();
  readonly #lastMicros = new Map<string, number>();
  readonly #listeners = new Set<(change: Change | { type: 'reset' }) => void>();
  readonly #journal: Journal;

  /** Without a file the state ends with the process. */
  constructor(dataFile: string | undefined) {
    const opened = dataFile === undefined ? undefined : openJournal(dataFile);
    this.#journal = opened?.journal ?? memoryJournal;
    this.notice = opened?.notice;
    for (const change of [...seed(), ...(opened?.changes ?? [])]) this.#apply(change);
  }

  record(change: Change): void {
    this.#journal.append(change);
    this.#apply(change);
    for (const listener of this.#listeners) listener(change);
  }

  reset(): void {
    this.#journal.clear();
    for (const map of [this.workspaces, this.tokens, this.channels, this.#messages, this.#lastMicros]) map.clear();
    for (const change of seed()) this.#apply(change);
    for (const listener of this.#listeners) listener({ type: 'reset' });
  }

  /** Calls `listener` after each change until the returned function is called. */
  onChange(listener: (change: Change | { type: 'reset' }) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Oldest first. */
  messagesIn(channel: string): readonly Message[] {
    return this.#messages.get(channel) ?? [];
  }

  allMessages(): Message[] {
    return [...this.#messages.values()].flat();
  }

  channelsOf(workspace: string): Channel[] {
    return [...this.channels.values()].filter((channel) => channel.workspace === workspace);
  }

  /** A ts for a message accepted now: later than every other one of its channel, even within one millisecond. */
  nextTs(channel: string, now: number): string {
    const micros = Math.max(now * 1_000, (this.#lastMicros.get(channel) ?? 0) + 1);
    return `${Math.floor(micros / MICROSECONDS)}.${String(micros % MICROSECONDS).padStart(6, '0')}`;
  }

  close(): void {
    this.#journal.close();
  }

  #apply(change: Change): void {
    switch (change.type) {
      case 'workspace':
        this.workspaces.set(change.workspace.id, change.workspace);
        break;
      case 'token':
        this.tokens.set(change.token.token, change.token);
        break;
      case 'channel':
        this.channels.set(change.channel.id, change.channel);
        break;
      case 'message': {
        const { channel, ts } = change.message;
        const messages = this.#messages.get(channel);
        if (messages) messages.push(change.message);
        else this.#messages.set(channel, [change.message]);
        this.#lastMicros.set(channel, microsOf(ts));
        break;
      }
    }
  }
}

/** Epoch microseconds of a ts: exact, where a float of seconds would not be. */
export function microsOf(ts: string): number {
  const [seconds = '0', fraction = ''] = ts.split('.');
  return Number(seconds) * MICROSECONDS + Number(fraction.padEnd(6, '0').slice(0, 6));
}
