import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** How fast may be posted. Slack's own limits are the default; docs/how-it-works.md has their sources. */
export interface Pace {
  /** Least time between two messages of one channel, in milliseconds. */
  channelMs: number;
  /** Least time between two messages of one workspace on the average, in milliseconds. */
  workspaceMs: number;
  /** So much of the workspace's time may be used at once after a pause, in milliseconds. */
  workspaceBurstMs: number;
}

/** No limits: for looking into a store, and for a Slack without them. */
export const UNPACED: Pace = { channelMs: 0, workspaceMs: 0, workspaceBurstMs: 0 };

/** A message that wants a slot. */
export interface SlotRequest {
  workspaceId: string;
  channel: string;
  /** Not before this, in milliseconds since 1970. */
  from: number;
}

/** Room left in a plan for what delays one post and not the next, so that a planned post seldom has to wait again. */
const PLAN_SLACK_MS = 25;

/**
 * Slots for posts, kept in the store so that all workers share them. Two lines of defence: a *plan* gives every claimed
 * delivery a time, in bulk, and a *gate* in front of every post makes sure that no two are closer than Slack allows,
 * however late or early they come.
 */
export function pacing(db: Kysely<Database>, pace: Pace) {
  const unlimited = pace.channelMs === 0 && pace.workspaceMs === 0;
  return {
    /**
     * Plans a slot for each message in the order given and returns their times. Channels and workspaces have slots of
     * their own, so a workspace with ten thousand messages does not delay one with three. Call it in a transaction.
     */
    async plan(requests: readonly SlotRequest[]): Promise<number[]> {
      if (unlimited || requests.length === 0) return requests.map((request) => request.from);
      const until = await plannedUntil(requests.flatMap((request) => [channelKey(request), request.workspaceId]));
      const times = requests.map((request) => {
        const channel = channelKey(request);
        const turn = Math.max(request.from, until.get(request.workspaceId) ?? 0);
        const at = Math.max(turn, until.get(channel) ?? 0);
        // A message that waits for its channel leaves the workspace's turns after its own to other channels.
        until.set(request.workspaceId, turn + pace.workspaceMs);
        until.set(channel, at + pace.channelMs + PLAN_SLACK_MS);
        return at;
      });
      await savePlan(until);
      return times;
    },

    /** Takes the slot of now. Returns 0 when the message may be posted, else how long to wait, in milliseconds. */
    async pass({ workspaceId, channel }: Omit<SlotRequest, 'from'>, now: number): Promise<number> {
      if (unlimited) return 0;
      const own = channelKey({ workspaceId, channel });
      // One statement, so that of two workers only one gets a slot; its rows in the order that `savePlan` keeps to.
      const taken = await sql<{ key: string }>`
        insert into slack_pace (key, planned_until, next_at)
        values (${workspaceId}, 0, ${now + pace.workspaceMs}), (${own}, 0, ${now + pace.channelMs})
        on conflict (key) do update set
          next_at = excluded.next_at + case when slack_pace.next_at > ${now} then slack_pace.next_at - ${now} else 0 end
        where slack_pace.next_at - case when slack_pace.key = ${own} then 0 else ${sql.lit(pace.workspaceBurstMs)} end <= ${now}
        returning key`.execute(db);
      if (taken.rows.length === 2) return 0;
      const rows = await db
        .selectFrom('slack_pace')
        .select(['key', 'next_at'])
        .where('key', 'in', [own, workspaceId])
        .execute();
      const refused = rows.filter(({ key }) => !taken.rows.some((row) => row.key === key));
      const waits = refused.map(({ key, next_at }) => next_at - now - (key === own ? 0 : pace.workspaceBurstMs));
      return Math.max(1, ...waits);
    },

    /** The post has ended: the channel's next may come a full interval later, whatever the network did to this one. */
    async posted({ workspaceId, channel }: Omit<SlotRequest, 'from'>, now: number): Promise<void> {
      if (!unlimited) await holdUntil(channelKey({ workspaceId, channel }), now + pace.channelMs);
    },

    /** Slack asked the workspace to wait. */
    async hold(workspaceId: string, until: number): Promise<void> {
      await holdUntil(workspaceId, until + pace.workspaceBurstMs);
    },
  };

  async function plannedUntil(keys: string[]): Promise<Map<string, number>> {
    const rows = await db
      .selectFrom('slack_pace')
      .select(['key', 'planned_until'])
      .where('key', 'in', [...new Set(keys)])
      .execute();
    return new Map(rows.map((row) => [row.key, row.planned_until]));
  }

  async function savePlan(until: Map<string, number>): Promise<void> {
    // In one order everywhere, so that two claims on Postgres never wait for each other in a circle.
    const rows = [...until].toSorted(([a], [b]) => (a < b ? -1 : 1));
    await db
      .insertInto('slack_pace')
      .values(rows.map(([key, planned_until]) => ({ key, planned_until, next_at: 0 })))
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({ planned_until: eb.ref('excluded.planned_until') })),
      )
      .execute();
  }

  async function holdUntil(key: string, until: number): Promise<void> {
    await db
      .updateTable('slack_pace')
      .set({ next_at: until })
      .where('key', '=', key)
      .where('next_at', '<', until)
      .execute();
  }
}

function channelKey({ workspaceId, channel }: Omit<SlotRequest, 'from'>): string {
  return `${workspaceId}/${channel}`;
}
