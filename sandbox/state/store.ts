import { ChannelLog, MICROSECONDS } from './channel-log.ts';
import { memoryJournal, openJournal, type Journal } from './journal.ts';
import { seed } from './seed.ts';
import type { Change, Channel, Message, StoredFile, Token, Workspace } from './types.ts';

const EMPTY = new ChannelLog();

/** Everything that the sandbox remembers. Each change goes through `record`, so memory and file never differ. */
export class Store {
  readonly workspaces = new Map<string, Workspace>();
  readonly tokens = new Map<string, Token>();
  readonly channels = new Map<string, Channel>();
  readonly files = new Map<string, StoredFile>();
  /** What was repaired in the data file when it was opened. */
  readonly notice: string | undefined;
  readonly #logs = new Map<string, ChannelLog>();
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
    for (const map of [this.workspaces, this.tokens, this.channels, this.files, this.#logs]) map.clear();
    for (const change of seed()) this.#apply(change);
    for (const listener of this.#listeners) listener({ type: 'reset' });
  }

  /** Calls `listener` after each change until the returned function is called. */
  onChange(listener: (change: Change | { type: 'reset' }) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  log(channel: string): Readonly<ChannelLog> {
    return this.#logs.get(channel) ?? EMPTY;
  }

  /** Oldest first, replies and hidden ones included. */
  messagesIn(channel: string): readonly Message[] {
    return this.log(channel).all;
  }

  allMessages(): Message[] {
    return [...this.#logs.values()].flatMap(({ all }) => all);
  }

  channelsOf(workspace: string): Channel[] {
    return [...this.channels.values()].filter((channel) => channel.workspace === workspace);
  }

  /** A ts for a message accepted now: later than every other one of its channel, even within one millisecond. */
  nextTs(channel: string, now: number): string {
    const micros = Math.max(now * 1_000, this.log(channel).lastMicros + 1);
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
        const { channel } = change.message;
        const log = this.#logs.get(channel) ?? new ChannelLog();
        this.#logs.set(channel, log);
        log.add(change.message);
        break;
      }
      case 'file':
        this.files.set(change.file.id, change.file);
        break;
    }
  }
}
