import { type Kysely, type Selectable, sql } from 'kysely';
import { channelKey, type Destination, interleaveChannels, type SlotRequest } from './interleave-channels.ts';
import { type Database, type DeliveryRow, IS_IN_LINE, IS_REPORT } from './schema.ts';

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
 * The calls of an attempt have surely ended after this number of milliseconds: src/slack/fallbacks.ts begins none after 20 s, and
 * each takes at most 15 s. Until then an attempt without an end, of a worker that was killed perhaps, may still put its
 * message into the channel.
 */
const IN_FLIGHT_MS = 35_000;

/** After this long a call has timed out, in milliseconds; its answer is lost if it has not ended. */
const CALL_TIMEOUT_MS = 15_000;

/**
 * The longest that a line counts with for each call, in milliseconds. Places are kept, so one call that timed out must not spread
 * a whole line over minutes.
 */
const LINE_CALL_MAX_MS = 5_000;

/** Slack asks to wait for less, in milliseconds. */
const HOLD_MAX_MS = 15 * 60_000;

/**
 * Clocks of workers that are further apart than this are not believed, in milliseconds: a slot taken by a clock that is hours
 * ahead must not hold back others for hours.
 */
const CLOCKS_APART_MAX_MS = 60_000;

/**
 * A place in a line lapses this long after its time, in milliseconds: its worker was killed, perhaps. On a busy machine a
 * delivery is some seconds late for its place.
 */
const PLACE_LAPSES_MS = 15_000;

type LineRow = Pick<Selectable<DeliveryRow>, 'id' | 'channel' | 'not_before' | 'place_at' | 'place_in'>;

interface PlaceRequest extends Destination {
  id: string;
  /** The time planned for it, ISO 8601. */
  notBefore: string;
}

/** A post's place in the line of its channel or workspace. */
export interface Place {
  /** When it is tried next, in milliseconds since 1970. */
  at: number;
  line: 'channel' | 'workspace';
}

/**
 * Slots for posts, kept in the store so that all workers share them. A *plan* gives every claimed report a time, in bulk. A
 * *gate* in front of every post, of a report or in its thread, makes sure that no two are closer than Slack allows, however
 * late or early they come. A post that finds no slot takes a *place* in a line, in the order of the plan, and is tried again at
 * its time. A channel's slot names the delivery that took it: the ledger says when that post ended, so that nothing need be
 * written here after a post.
 */
export function pacing(db: Kysely<Database>, pace: Pace) {
  const unlimited = pace.channelMs === 0 && pace.workspaceMs === 0;
  const burst = sql.lit(pace.workspaceBurstMs);
  return {
    /**
     * Plans a slot for each message and returns their times, in the order of the requests. Channels and workspaces have
     * slots of their own, so a workspace with ten thousand messages does not delay one with three. Call it in a
     * transaction. A run that is planned in several calls passes them the same `positions`: how far each line has come.
     */
    async plan(
      requests: readonly SlotRequest[],
      now: number,
      positions = new Map<string, number>(),
    ): Promise<number[]> {
      if (unlimited || requests.length === 0) return requests.map((request) => request.from);
      const channelMs = pace.channelMs + PLAN_SLACK_MS + (await usualCallMs());
      const committed = await plannedUntil(requests.flatMap((request) => [channelKey(request), request.workspaceId]));
      const free = positions;
      for (const [key, until] of committed) free.set(key, Math.max(until, free.get(key) ?? 0));
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
     * recently, the channel's last post has not ended or ended less than an interval ago, Slack said to wait, or a delivery
     * before it has a place in the line.
     */
    async pass(deliveryId: string, now: number): Promise<boolean> {
      if (unlimited) return true;
      // One statement, so that of two workers only one gets a slot. It looks first, and takes both or none: a delivery that waits for
      // its channel must not use up its workspace's slots. Rows in the order that `savePlan` keeps to.
      const taken = await sql<{ key: string }>`
        with wanting as (
          select id, workspace_id, channel, not_before, workspace_id || '/' || channel as own from deliveries
          where id = ${deliveryId} and state = 'pending'
        ), asking as (
          select id, workspace_id, own from wanting where not exists (
            select 1 from slack_pace as p
            where (p.key = workspace_id and p.next_at - ${burst} > ${now} and p.next_at <= ${latestNextAt(now)})
              or (p.key = workspace_id and p.held_until > ${now} and p.held_until <= ${now + HOLD_MAX_MS})
              or (p.key = own and (
                (p.next_at > ${now} and p.next_at <= ${latestNextAt(now)}) or ${lastPostBlocks(sql`p.holder`, deliveryId, now)})))
          and not exists (
            select 1 from deliveries as ahead
            where ahead.workspace_id = wanting.workspace_id and ${isInLine('ahead')}
              and ahead.place_at > ${isoOf(now - PLACE_LAPSES_MS)}
              and ((ahead.place_in = 'workspace' and ahead.place_at <= ${isoOf(now + pace.workspaceMs)})
                or ahead.channel = wanting.channel)
              and (ahead.not_before < wanting.not_before
                or (ahead.not_before = wanting.not_before and ahead.id < wanting.id)))
        )
        insert into slack_pace (key, planned_until, next_at, holder)
        select workspace_id, 0, cast(${now + pace.workspaceMs} as bigint), null from asking where true
        union all
        select own, 0, cast(${now + pace.channelMs} as bigint), id from asking where true
        on conflict (key) do update set
          holder = excluded.holder,
          next_at = excluded.next_at + case
            when slack_pace.next_at > ${now} and slack_pace.next_at <= ${latestNextAt(now)} then slack_pace.next_at - ${now}
            else 0 end
        where (slack_pace.next_at - case when excluded.holder is null then ${burst} else 0 end <= ${now}
            or slack_pace.next_at > ${latestNextAt(now)})
          and (slack_pace.held_until <= ${now} or slack_pace.held_until > ${now + HOLD_MAX_MS})
          and not ${lastPostBlocks(sql`slack_pace.holder`, deliveryId, now)}
        returning key`.execute(db);
      return taken.rows.length === 2;
    },

    /**
     * Takes a place for a delivery that found no slot: after those of the plan's order before it that wait for the same, and
     * when its channel and workspace will be free, as far as that is known. Taken again, it moves, as the line does.
     */
    async takePlace(delivery: PlaceRequest, now: number): Promise<Place> {
      const { id, workspaceId, channel, notBefore } = delivery;
      const slots = await slotsOf(delivery, now);
      const line = await lineOf(workspaceId, id, now);
      const isAhead = (other: LineRow) =>
        other.not_before < notBefore || (other.not_before === notBefore && other.id < id);
      const ahead = line.filter((other) => other.channel === channel && isAhead(other)).map(placeOf);
      const inChannel = Math.max(slots.channelFreeAt, ...ahead.map((at) => at + pace.channelMs + slots.callMs));
      const others = line.filter((other) => other.place_in === 'workspace' && isAhead(other)).map(placeOf);
      const at = gapAfter(Math.max(inChannel, slots.workspaceFreeAt), others);
      const place: Place = { at, line: at > inChannel ? 'workspace' : 'channel' };
      await db
        .updateTable('deliveries')
        .set({ place_at: isoOf(at), place_in: place.line })
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .execute();
      return place;
    },

    /** Slack asked the workspace to wait, for `ms` milliseconds. */
    async hold(workspaceId: string, ms: number, now: number): Promise<void> {
      const until = now + Math.min(ms, HOLD_MAX_MS);
      await db
        .updateTable('slack_pace')
        .set({ held_until: until })
        .where('key', '=', workspaceId)
        .where((eb) => eb.or([eb('held_until', '<', until), eb('held_until', '>', now + HOLD_MAX_MS)]))
        .execute();
    },
  };

  /** A slot that lies further ahead was taken by a clock that is wrong. */
  function latestNextAt(now: number): number {
    return now + pace.workspaceBurstMs + Math.max(pace.workspaceMs, pace.channelMs) + CLOCKS_APART_MAX_MS;
  }

  /** When the channel and the workspace will be free, as far as that is known, and how long the channel's last post took. */
  async function slotsOf({ id, workspaceId, channel }: PlaceRequest, now: number) {
    const own = channelKey({ workspaceId, channel });
    const rows = await db
      .selectFrom('slack_pace as p')
      .leftJoin('deliveries as last', (join) => join.onRef('last.id', '=', 'p.holder').on('last.id', '<>', id))
      .select(['p.key', 'p.next_at', 'p.held_until', 'last.state', 'last.posting_at', 'last.finished_at'])
      .where('p.key', 'in', [own, workspaceId])
      .execute();
    const slots = { channelFreeAt: now + 1, workspaceFreeAt: now + 1, callMs: 0 };
    for (const { key, next_at, held_until, ...last } of rows) {
      const nextAt = believed(next_at, latestNextAt(now));
      if (key === workspaceId) {
        const heldUntil = believed(held_until, now + HOLD_MAX_MS);
        slots.workspaceFreeAt = Math.max(slots.workspaceFreeAt, nextAt - pace.workspaceBurstMs, heldUntil);
      } else {
        const { endsAt, callMs } = endOf(last, now);
        const freeAt = endsAt === undefined ? 0 : endsAt + pace.channelMs;
        slots.channelFreeAt = Math.max(slots.channelFreeAt, nextAt, believed(freeAt, now + CLOCKS_APART_MAX_MS));
        slots.callMs = Math.min(LINE_CALL_MAX_MS, callMs);
      }
    }
    return slots;
  }

  /** The posts of a workspace that wait in a line, but for this one. */
  async function lineOf(workspaceId: string, exceptId: string, now: number): Promise<LineRow[]> {
    return db
      .selectFrom('deliveries')
      .select(['id', 'channel', 'not_before', 'place_at', 'place_in'])
      .where('workspace_id', '=', workspaceId)
      .where(IS_IN_LINE)
      .where('place_at', '>', isoOf(now - PLACE_LAPSES_MS))
      .where('id', '<>', exceptId)
      .orderBy('place_at')
      .execute();
  }

  /** The first time from `from` on that is an interval of the workspace away from every place. */
  function gapAfter(from: number, places: readonly number[]): number {
    let at = from;
    for (const place of places) {
      if (place >= at + pace.workspaceMs) break;
      if (place > at - pace.workspaceMs) at = place + pace.workspaceMs;
    }
    return at;
  }

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
    const latest = isoOf(now + CLOCKS_APART_MAX_MS);
    return sql`exists (
      select 1 from deliveries as last where last.id = ${holder} and last.id <> ${id}
      and ((last.finished_at > ${isoOf(now - pace.channelMs)} and last.finished_at <= ${latest})
        or (last.state = 'posting'
          and last.posting_at > ${isoOf(now - IN_FLIGHT_MS - pace.channelMs)} and last.posting_at <= ${latest})))`;
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
}

/** When the post that took the channel's last slot ended, or ends at the earliest; and how long it took, so far. */
function endOf(last: Record<'state' | 'posting_at' | 'finished_at', string | null>, now: number) {
  const beganAt = Date.parse(last.posting_at ?? '');
  if (last.finished_at !== null && last.posting_at !== null) {
    const endsAt = Date.parse(last.finished_at);
    return { endsAt, callMs: Math.max(0, endsAt - beganAt) };
  }
  if (last.state !== 'posting') return { endsAt: undefined, callMs: 0 };
  if (now - beganAt <= CALL_TIMEOUT_MS) return { endsAt: now, callMs: Math.max(0, now - beganAt) };
  return { endsAt: beganAt + IN_FLIGHT_MS, callMs: CALL_TIMEOUT_MS };
}

/** A time that is too far ahead is that of a clock that is wrong, and counts for nothing. */
function believed(time: number, latest: number): number {
  return time <= latest ? time : 0;
}

/** `IS_IN_LINE` of another row. */
function isInLine(alias: string) {
  const [state, placeAt] = [sql.ref(`${alias}.state`), sql.ref(`${alias}.place_at`)];
  return sql`(coalesce(${state}, '') = 'pending' and ${placeAt} is not null)`;
}

function placeOf({ place_at }: LineRow): number {
  return Date.parse(place_at ?? '');
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
