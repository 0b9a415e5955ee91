import type { WebClient } from '@slack/web-api';
import { classify, DEFAULT_RETRY_AFTER_MS, type SlackFailure } from './errors.ts';

/** Messages asked for in one call; Slack gives 15 to apps it restricts. https://docs.slack.dev/reference/methods/conversations.history */
const PAGE = 200;
/** Messages read for one answer at most: more than an hour holds at Slack's limit of one message a second. */
const MESSAGES_MAX = 6_000;
/** Clocks differ: the history is read from so much before the attempt began, in seconds. */
export const CLOCK_SKEW_S = 120;
/** And up to so much after it began, in seconds: an attempt is at most five calls of 15 s. */
const ATTEMPT_S = 90;
/** Looks that are joined in one reading lie within so much time, in seconds. */
const JOINED_MAX_S = 3_600;
/** One call of `find` reads no longer than this, in milliseconds; how far it came is kept for the next. */
const PATIENCE_MS = 15_000;
/** A look that was not asked for again within this time is given up, in milliseconds. */
const WANTED_FOR_MS = 10 * 60_000;
/** What is known of a place that no one asks for is forgotten after this, in milliseconds. */
const KEPT_FOR_MS = 3_600_000;
/** Readings of a place that can still answer. */
const READINGS_KEPT = 8;
/** Ids of messages remembered for a place. */
const SEEN_MAX = 10_000;

export type Sighting =
  | { kind: 'found'; ts: string }
  | { kind: 'absent' }
  /** There is more to read, or it is too early to read: ask again. */
  | { kind: 'unfinished' }
  | { kind: 'unreadable'; failure: SlackFailure };

export interface Wanted {
  workspaceId: string;
  channel: string;
  deliveryId: string;
  /** When the attempt began, or the first moment at which it may have. */
  since: Date;
  /** The last moment at which it may have begun; `since` where that is known. */
  until?: Date | undefined;
  /** The `ts` of the message whose thread it is in. */
  threadTs?: string | undefined;
  /** Only a reading that began then or later can say that the message is absent, in milliseconds since 1970. */
  readFrom: number;
}

/** Seconds since 1970, both included. */
interface Range {
  oldest: number;
  latest: number;
}

interface Look extends Range {
  readFrom: number;
  askedAt: number;
}

/** One walk through the messages of a range, newest first. */
interface Reading extends Range {
  begunAt: number;
  /** Of the next page; undefined before the first. */
  cursor: string | undefined;
  pages: number;
  messages: number;
}

/** A channel, or a thread in it. */
interface Place {
  looks: Map<string, Look>;
  /** The `ts` of messages with a delivery id of ours. */
  seen: Map<string, string>;
  finished: Reading[];
  current: Reading | undefined;
  /** A reading was begun again for those that asked after its first page; not done twice before one is finished. */
  begunAgain: boolean;
  /** The call under way. */
  page: Promise<SlackFailure | undefined> | undefined;
  usedAt: number;
}

/**
 * Reads channels and threads to find messages whose answer was lost. Slack may allow one call a minute and 15 messages in each, so
 * nothing is read twice without need: the looks of one place share its reading, a reading goes on where Slack stopped it, and
 * no call is made before the time that Slack named. All of it is in memory: each process reads for itself.
 */
export function channelHistory(now: () => number = Date.now) {
  const places = new Map<string, Place>();
  /** When a method may be called again in a workspace, in milliseconds since 1970. */
  const limitedUntil = new Map<string, number>();

  /** Looks for the message of an attempt in its channel, or in its thread. */
  async function find(client: WebClient, wanted: Wanted): Promise<Sighting> {
    const place = placeOf(wanted);
    const { deliveryId, readFrom } = wanted;
    if (readFrom > now()) return { kind: 'unfinished' };
    const look: Look = { ...rangeOf(wanted), readFrom, askedAt: now() };
    place.looks.set(deliveryId, look);
    const patientUntil = now() + PATIENCE_MS;
    while (now() < patientUntil) {
      const answer = answerOf(place, deliveryId, look);
      if (answer !== undefined) {
        place.looks.delete(deliveryId);
        return answer;
      }
      place.page ??= readPage(client, place, wanted, look).finally(() => {
        place.page = undefined;
      });
      const failure = await place.page;
      if (failure !== undefined && answerOf(place, deliveryId, look) === undefined) {
        return { kind: 'unreadable', failure };
      }
    }
    return { kind: 'unfinished' };
  }

  async function readPage(
    client: WebClient,
    place: Place,
    { workspaceId, channel, threadTs }: Wanted,
    look: Look,
  ): Promise<SlackFailure | undefined> {
    const limit = `${workspaceId} ${threadTs === undefined ? 'history' : 'replies'}`;
    const wait = (limitedUntil.get(limit) ?? 0) - now();
    if (wait > 0) return limited(wait);
    dropCurrent(place, now());
    const reading = (place.current ??= {
      ...joined(place, look),
      begunAt: now(),
      cursor: undefined,
      pages: 0,
      messages: 0,
    });
    if (reading.messages >= MESSAGES_MAX) {
      place.current = undefined;
      const message = 'The channel has too many messages to read';
      return { kind: 'refused', scope: 'channel', code: 'history_too_long', message };
    }
    const query = {
      channel,
      oldest: String(reading.oldest),
      latest: String(reading.latest),
      inclusive: true,
      limit: PAGE,
      include_all_metadata: true,
      ...(reading.cursor !== undefined && { cursor: reading.cursor }),
    };
    try {
      const answer =
        threadTs === undefined
          ? await client.conversations.history(query)
          : await client.conversations.replies({ ...query, ts: threadTs });
      return keep(place, reading, answer);
    } catch (error) {
      const failure = classify(error);
      // A cursor does not last forever: the next reading begins at the newest message.
      if (failure.code === 'invalid_cursor') place.current = undefined;
      if (failure.code === 'ratelimited' && failure.kind === 'not_posted') {
        limitedUntil.set(limit, now() + (failure.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS));
      }
      return failure;
    }
  }

  function placeOf({ workspaceId, channel, threadTs = '' }: Wanted): Place {
    const at = now();
    for (const [key, { usedAt }] of places) if (at - usedAt > KEPT_FOR_MS) places.delete(key);
    const key = JSON.stringify([workspaceId, channel, threadTs]);
    const known = places.get(key);
    const place: Place = known ?? {
      looks: new Map(),
      seen: new Map(),
      finished: [],
      current: undefined,
      begunAgain: false,
      page: undefined,
      usedAt: at,
    };
    place.usedAt = at;
    for (const [id, { askedAt }] of place.looks) if (at - askedAt > WANTED_FOR_MS) place.looks.delete(id);
    places.set(key, place);
    return place;
  }

  return { find };
}

export type ChannelHistory = ReturnType<typeof channelHistory>;

interface Page {
  messages?: { ts?: string; metadata?: unknown }[];
  has_more?: boolean;
  response_metadata?: { next_cursor?: string };
}

function keep(
  place: Place,
  reading: Reading,
  { messages = [], has_more, response_metadata }: Page,
): SlackFailure | undefined {
  if (place.seen.size > SEEN_MAX) place.seen.clear();
  for (const { ts, metadata } of messages) {
    const id = deliveryIdOf(metadata);
    if (typeof id === 'string' && ts !== undefined) place.seen.set(id, ts);
  }
  reading.pages += 1;
  reading.messages += messages.length;
  if (has_more === true) {
    const next = response_metadata?.next_cursor ?? '';
    if (next === '') return { kind: 'ambiguous', code: 'no_cursor', message: 'Slack has more messages and no cursor' };
    reading.cursor = next;
    return undefined;
  }
  place.finished = [...place.finished, reading].slice(-READINGS_KEPT);
  place.current = undefined;
  place.begunAgain = false;
  return undefined;
}

function rangeOf({ since, until = since }: Wanted): Range {
  const [first, last] = [since, until].map((time) => Math.floor(time.getTime() / 1_000)) as [number, number];
  return { oldest: first - CLOCK_SKEW_S, latest: last + ATTEMPT_S + CLOCK_SKEW_S };
}

function answerOf(place: Place, deliveryId: string, look: Look): Sighting | undefined {
  const ts = place.seen.get(deliveryId);
  if (ts !== undefined) return { kind: 'found', ts };
  return place.finished.some((reading) => answers(reading, look)) ? { kind: 'absent' } : undefined;
}

function answers(reading: Reading, { oldest, latest, readFrom }: Look): boolean {
  return reading.begunAt >= readFrom && reading.oldest <= oldest && reading.latest >= latest;
}

/** Drops a reading that no look needs, or whose first page was read just before others asked: one for all of them is shorter. */
function dropCurrent(place: Place, now: number): void {
  const { current, begunAgain } = place;
  if (current === undefined) return;
  const looks = [...place.looks.values()];
  const isWanted = looks.some((look) => answers(current, look));
  const others = looks.some((look) => look.readFrom <= now && !answers(current, look));
  if (isWanted && !(others && current.pages === 1 && !begunAgain)) return;
  if (isWanted) place.begunAgain = true;
  place.current = undefined;
}

/** The range of a look, and of the others that touch it: one reading answers them all. */
function joined({ looks }: Place, { oldest, latest }: Look): Range {
  const range = { oldest, latest };
  // Both ways from the look, so that the ranges that touch are found in one pass each.
  const all = [...looks.values()];
  for (const other of all.toSorted((a, b) => b.latest - a.latest)) extend(range, other);
  for (const other of all.toSorted((a, b) => a.oldest - b.oldest)) extend(range, other);
  return range;
}

function extend(range: Range, { oldest, latest }: Range): void {
  if (oldest > range.latest || latest < range.oldest) return;
  const wider = { oldest: Math.min(oldest, range.oldest), latest: Math.max(latest, range.latest) };
  if (wider.latest - wider.oldest <= JOINED_MAX_S) Object.assign(range, wider);
}

function limited(waitMs: number): SlackFailure {
  const message = `Slack asks to wait ${Math.ceil(waitMs / 1_000)} s before the channel is read on`;
  return { kind: 'not_posted', code: 'ratelimited', message, retryAfterMs: waitMs };
}

function deliveryIdOf(metadata: unknown): unknown {
  const payload = (metadata as { event_payload?: { delivery_id?: unknown } } | undefined)?.event_payload;
  return payload?.delivery_id;
}
