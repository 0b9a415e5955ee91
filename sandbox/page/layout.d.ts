import { type Html } from '../../src/slack/block-kit/html/html.ts';
import type { Store } from '../state/store.ts';
import type { Channel, Workspace } from '../state/types.ts';
interface Page extends Place {
  title: string;
  main: Html;
}
/** Every page: the sidebar and `main`. On a narrow window, a button shows the sidebar. */
export declare function layout(store: Store, workspace: Workspace, { title, main, ...place }: Page): Html;
/** Where the reader is. */
interface Place {
  channel?: Channel | undefined;
  panel?: 'faults' | 'rates';
}
interface ChannelChoice {
  current?: Channel | undefined;
  /** A part of the name, or an id. */
  filter?: string;
}
/** The first channels by name that match the filter, and always the current one when there is no filter. */
export declare function channelList(store: Store, workspace: Workspace, { current, filter }: ChannelChoice): Html;
/** By name; names that begin with the filter first. */
export declare function findChannels(store: Store, workspace: Workspace, filter: string): Channel[];
export declare function channelIcon({ private: isPrivate }: Channel): Html;
export {};
