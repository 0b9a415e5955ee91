import { type Html } from '../../src/slack/block-kit/html/html.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Channel, Workspace } from '../state/types.ts';
interface Span {
  id: string;
  label: string;
  /** Seconds of one bar. */
  step: number;
  count: number;
}
export declare const SPANS: readonly [Span, ...Span[]];
/** The rate of posts in this workspace or one of its channels, next to Slack's limit. */
export declare function ratesPanel(
  sandbox: Sandbox,
  workspace: Workspace,
  channel: Channel | undefined,
  spanId: string,
): Html;
export {};
