import { log } from '@temporalio/activity';
import type { Notices } from '../contract/dispatch.ts';
import { classOf } from '../observability/metrics.ts';
import type { Trouble } from '../store/trouble.ts';
import type { Dependencies } from './dependencies.ts';
import { whileWanted, withHeartbeat } from './support.ts';

/** How long one day's pruning may take, in milliseconds; the next day goes on. */
const PRUNE_MAX_MS = 10 * 60_000;

export function afterRunActivities({ store, owner, ledgerRetentionMs }: Dependencies) {
  return {
    /** Finds trouble and recoveries that owners have not heard of, and returns the notices of this run. A retry finds the same ones. */
    async tellOwners({ dispatchId }: { dispatchId: string }): Promise<Notices> {
      const { more, unreachable } = await store.streaks.look({ dispatchId, now: new Date(), fallback: owner, causeOf });
      if (unreachable > 0) {
        log.warn('Owners cannot be told: their workspaces are parked, and no owner in another one is set', {
          deliveries: unreachable,
        });
      }
      const notices = await store.streaks.noticesOf(dispatchId);
      return { notices, more: notices.length > 0 && more };
    },

    /** Deletes what is older than the setting says. Returns how many deliveries that were. */
    async pruneLedger(): Promise<{ deleted: number; done: boolean }> {
      if (ledgerRetentionMs === undefined) return { deleted: 0, done: true };
      const now = Date.now();
      await store.milestones.reach('last_prune', new Date(now));
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), PRUNE_MAX_MS);
      try {
        const { deleted, done } = await withHeartbeat((beat) => {
          const pruning = store.prune({ before: new Date(now - ledgerRetentionMs), signal: stop.signal, onPage: beat });
          return whileWanted(pruning);
        });
        if (deleted > 0) log.info('Deleted old deliveries from the ledger', { deleted, done });
        return { deleted, done };
      } finally {
        clearTimeout(timer);
        stop.abort();
      }
    },
  };
}

/** An outage, a channel, a workspace, or a report: what is to be fixed once for all that fails by it. */
function causeOf({ state, code, notificationId, workspaceId, channelId, report }: Trouble): string {
  if (state === 'missed' || state === 'unconfirmed') return 'outage';
  switch (classOf(code)) {
    case 'slack':
      return 'outage';
    case 'workspace':
      return `workspace ${workspaceId}`;
    case 'channel':
      return `channel ${workspaceId}/${channelId}`;
    case 'report':
    case 'message':
      return `report ${report}`;
    case 'other':
      return code === 'source_failed' ? `source ${notificationId}` : code;
  }
}
