import { type Kysely, sql } from 'kysely';
import { channelKey, type Destination, interleaveChannels, type SlotRequest } from './interleave-channels.ts';
import { type Database, IS_REPORT } from './schema.ts';

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

/** Room left in a plan for what delays one post and not the next, so that a planned post seldom has to wait again. */
const PLAN_SLACK_MS = 10;
/** Posts whose length is looked at to see how long one takes, and the longest that is planned with, in milliseconds. */
const CALLS_LOOKED_AT = 25;
const CALL_MAX_MS = 1_000;

/**
 * The calls of an attempt have surely ended after so long, in milliseconds: src/slack/fallbacks.ts begins none after 20 s, and
 * each takes 15 s at the most. Until then an attempt without an end, of a worker that was killed perhaps, may still put its
 * message into the channel.
 */
const IN_FLIGHT_MS = 35_000;

/** How soon a post whose end is not known is asked for again, in milliseconds. */
const LOOK_MS = 1_000;

/**
 * Slots for posts, kept in the store so that all workers share them. Two lines of defence: a *plan* gives every claimed
 * report a time, in bulk, and a *gate* in front of every post, of a report or in its thread, makes sure that no two are
 * closer than Slack allows, however late or early they come. A channel's slot names the delivery that took it: the ledger
 * says when that post ended, so that nothing need be written here after a post.
 */
export function pacing(db: Kysely<Database>, pace: Pace) {
  const unlimited = pace.channelMs === 0 && pace.workspaceMs === 0;
  const burst = sql.lit(pace.workspaceBurstMs);
  return {
    /**
     * Plans a slot for each message and returns their times, in the order of the requests. Channels and workspaces have
     * slots of their own, so a workspace with ten thousand messages does not delay one with three. Call it in a
     * transaction.
     */
    async plan(requests: readonly SlotRequest[], now: number): Promise<number[]> {
      if (unlimited || requests.length === 0) return requests.map((request) => request.from);
      const channelMs = pace.channelMs + PLAN_SLACK_MS + (await usualCallMs());
      const committed = await plannedUntil(requests.flatMap((request) => [channelKey(request), request.workspaceId]));
      const free = new Map(committed);
      const times = requests.map(({ from }) => from);
      for (const { index, request } of interleaveChannels(requests)) {
        const channel = channelKey(request);
        const turn = Math.max(request.from, free.get(request.workspaceId) ?? 0);
        const at = Math.max(turn, free.get(channel) ?? 0);
        times[index] = at;
        // A message that waits for its channel leaves the workspace's turns after its own to other channels.
        free.set(request.workspaceId, turn + pace.workspaceMs);
        free.set(channel, at + channelMs);
        // Other claims learn how much time is taken, not until when: a message that is to go out in an hour leaves
        // the hour to them.
        commit(request.workspaceId, pace.workspaceMs);
        commit(channel, channelMs);
      }
      await savePlan(committed);
      return times;

      function commit(key: string, ms: number): void {
        committed.set(key, Math.max(now, committed.get(key) ?? 0) + ms);
      }
    },

    /** Whether there are limits at all. Without them a post needs no slot. */
    limited: !unlimited,

    /**
     * Takes the slot of now for a pending delivery. False where there is none: its channel or workspace had one too
     * recently, the channel's last post has not ended or ended less than an interval ago, or Slack said to wait.
     */
    async pass(deliveryId: string, now: number): Promise<boolean> {
      if (unlimited) return true;
      // One statement, so that of two workers only one gets a slot. It looks first, and takes both or none: what waits for
      // its channel must not use up its workspace's slots. Rows in the order that `savePlan` keeps to.
      const taken = await sql<{ key: string }>`
        with wanting as (
          select id, workspace_id, workspace_id || '/' || channel as own from deliveries
          where id = ${deliveryId} and state = 'pending'
        ), asking as (
          select id, workspace_id, own from wanting where not exists (
            select 1 from slack_pace as p
            where (p.key = workspace_id and p.next_at - ${burst} > ${now})
              or (p.key = own and (p.next_at > ${now} or ${lastPostBlocks(sql`p.holder`, deliveryId, now)})))
        )
        insert into slack_pace (key, planned_until, next_at, holder)
        select workspace_id, 0, cast(${now + pace.workspaceMs} as bigint), null from asking where true
        union all
        select own, 0, cast(${now + pace.channelMs} as bigint), id from asking where true
        on conflict (key) do update set
          holder = excluded.holder,
          next_at = excluded.next_at + case when slack_pace.next_at > ${now} then slack_pace.next_at - ${now} else 0 end
        where slack_pace.next_at - case when excluded.holder is null then ${burst} else 0 end <= ${now}
          and not ${lastPostBlocks(sql`slack_pace.holder`, deliveryId, now)}
        returning key`.execute(db);
      return taken.rows.length === 2;
    },

    /** How long until there may be a slot, in milliseconds; at least 1. */
    async wait({ workspaceId, channel }: Destination, now: number): Promise<number> {
      const own = channelKey({ workspaceId, channel });
      const rows = await db
        .selectFrom('slack_pace as p')
        .leftJoin('deliveries as last', 'last.id', 'p.holder')
        .select(['p.key', 'p.next_at', 'last.state', 'last.finished_at'])
        .where('p.key', 'in', [own, workspaceId])
        .execute();
      const waits = rows.map(({ key, next_at, state, finished_at }) => {
        if (key === workspaceId) return next_at - pace.workspaceBurstMs - now;
        const end = finished_at === null ? 0 : Date.parse(finished_at) + pace.channelMs - now;
        return Math.max(next_at - now, end, state === 'posting' ? Math.max(LOOK_MS, pace.channelMs) : 0);
      });
      return Math.max(1, ...waits);
    },

    /** Slack asked the workspace to wait. */
    async hold(workspaceId: string, until: number): Promise<void> {
      await holdUntil(workspaceId, until + pace.workspaceBurstMs);
    },
  };

  /**
   * How long a post takes, by the last of them: a channel's interval is counted from the end of a post, and a plan that
   * forgot it would fall behind, and let the late ones of a busy channel take the places of others in the run.
   */
  async function usualCallMs(): Promise<number> {
    const rows = await db
      .selectFrom('deliveries')
      .select(['posting_at', 'finished_at'])
      .where(IS_REPORT)
      .where('state', '=', 'delivered')
      .orderBy('due_at', 'desc')
      .orderBy('id', 'desc')
      .limit(CALLS_LOOKED_AT)
      .execute();
    const times = rows.map(
      ({ posting_at, finished_at }) => Date.parse(finished_at ?? '') - Date.parse(posting_at ?? ''),
    );
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    return Math.min(CALL_MAX_MS, Math.max(0, median));
  }

  /** The post that took the channel's last slot has not ended, or has only just. */
  function lastPostBlocks(holder: ReturnType<typeof sql>, id: string, now: number) {
    return sql`exists (
      select 1 from deliveries as last where last.id = ${holder} and last.id <> ${id}
      and (last.finished_at > ${isoOf(now - pace.channelMs)}
        or (last.state = 'posting' and last.posting_at > ${isoOf(now - IN_FLIGHT_MS - pace.channelMs)})))`;
  }

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

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
