import { ChannelLog } from './channel-log.ts';
import type { Change, Channel, Message, StoredFile, Token, Workspace } from './types.ts';
/** Everything that the sandbox remembers. Each change goes through `record`, so memory and file never differ. */
export declare class Store {
  #private;
  readonly workspaces: Map<string, Workspace>;
  readonly tokens: Map<string, Token>;
  readonly channels: Map<string, Channel>;
  readonly files: Map<string, StoredFile>;
  /** What was repaired in the data file when it was opened. */
  readonly notice: string | undefined;
  /** Without a file the state ends with the process. */
  constructor(dataFile: string | undefined);
  record(change: Change): void;
  reset(): void;
  /** Calls `listener` after each change until the returned function is called. */
  onChange(
    listener: (
      change:
        | Change
        | {
            type: 'reset';
          },
    ) => void,
  ): () => void;
  log(channel: string): Readonly<ChannelLog>;
  /** Oldest first, replies and hidden ones included. */
  messagesIn(channel: string): readonly Message[];
  allMessages(): Message[];
  channelsOf(workspace: string): Channel[];
  /** A ts for a message accepted now: later than every other one of its channel, even within one millisecond. */
  nextTs(channel: string, now: number): string;
  close(): void;
}
