import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType } from '@temporalio/common';
import type { ClaimedDelivery } from './dispatch.ts';

const key = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

/**
 * What deliveries are found by in the Web UI. Temporal keeps search attributes readable for everyone who can list
 * workflows, and no payload codec encrypts them: so they are ids, never names of people or channels.
 */
export const KEYS = {
  account: key('SlackReportsAccount'),
  /** Slack's id of the channel. */
  channel: key('SlackReportsChannel'),
  workspace: key('SlackReportsWorkspace'),
  report: key('SlackReportsReport'),
  /** How a delivery ended that did not arrive: `failed`, `parked`, `unconfirmed`, `cancelled`. Not set on one that did. */
  state: key('SlackReportsState'),
  /** The schedule that started the run; not set on a run by hand. */
  schedule: key('SlackReportsSchedule'),
} as const;

/** Characters of a keyword that SQL visibility stores keep. */
const KEYWORD_MAX = 255;

/** What is known of a delivery when it starts. */
export function attributesOf(delivery: ClaimedDelivery, schedule: string | null): SearchAttributePair[] {
  const { account, channelId, workspaceId, report } = delivery;
  const values = {
    account,
    channel: channelId,
    workspace: workspaceId,
    report,
    ...(schedule !== null && { schedule }),
  };
  return Object.entries(values).map(([name, value]) => ({
    key: KEYS[name as keyof typeof values],
    value: value.slice(0, KEYWORD_MAX),
  }));
}
