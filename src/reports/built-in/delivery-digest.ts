import { z } from 'zod';
import { context, figures, header, section } from '../blocks/blocks.ts';
import type { Format } from '../blocks/format.ts';
import type { Say } from '../blocks/words.ts';
import { mentioned, mentionParameter } from './mention.ts';
import { skip } from '../message.ts';
import { defineReport } from '../define.ts';
import type { Period } from '../blocks/period.ts';
import type { Sql } from '../sources/types.ts';
import { table } from '../blocks/table.ts';
import { DELIVERY_DIGEST_WORDS } from './words.ts';
import { bold, join, mrkdwn, type Text } from '../blocks/text.ts';

const DAY_MS = 86_400_000;
/** Deliveries named one by one. */
const NAMED = 20;
/** Reasons told, the most frequent first. */
const REASONS = 10;

const params = z.strictObject({
  title: z.string().min(1).max(100).optional().describe('what the header says'),
  days: z.number().int().min(1).max(92).optional().describe('how many days back; without it, since the last digest'),
  lateMinutes: z.number().int().min(1).max(1_440).default(15).describe('later than this after it was due is late'),
  onlyAccount: z.boolean().default(false).describe("only the deliveries of the notification's own account"),
  onlyProblems: z.boolean().default(false).describe('send nothing when everything arrived in time'),
  skipEmpty: z.boolean().default(true).describe('send nothing when nothing was due'),
  mention: mentionParameter
    .optional()
    .describe('whom to mention when something did not arrive: U…, S…, here or channel'),
});

interface Ended {
  state: string;
  code: string | null;
  deliveries: number;
}

interface Named {
  notification: string;
  channel: string;
  state: string;
  code: string | null;
  due: string;
}

interface Digest {
  /** ISO 8601. */
  period: { from: string; to: string };
  /** What ended in the period. */
  ended: Ended[];
  /** What was due before its end and has not ended: parked, or under way. */
  open: Ended[];
  late: number;
  /** The latest, in minutes. */
  latest: number;
  named: Named[];
}

/** Unwanted endings, and `parked`, which waits for a person. */
const TROUBLES = ['failed', 'parked', 'unconfirmed', 'missed'] as const;
type Trouble = (typeof TROUBLES)[number];

/** As they are counted in a sentence. */
const COUNTED = { failed: 'nFailed', parked: 'nParked', unconfirmed: 'nUnconfirmed', missed: 'nMissed' } as const;

/** What slack-reports itself delivered, and what it did not, for those who run it. */
export const deliveryDigest = defineReport({
  name: 'delivery-digest',
  description: 'What was delivered, late, failed, parked, unconfirmed, missed and skipped since the last digest',
  params,

  async load({ account, dueAt, since, params: { days, lateMinutes, onlyAccount } }, { sql }): Promise<Digest> {
    const from = days === undefined && since !== undefined ? since : new Date(dueAt.getTime() - (days ?? 1) * DAY_MS);
    const period = { from, to: dueAt };
    const whose = { every: onlyAccount ? 0 : 1, account };
    return {
      period: { from: from.toISOString(), to: dueAt.toISOString() },
      ended: await endedIn(sql, period, whose),
      open: await openAt(sql, dueAt, whose),
      ...(await lateness(sql, period, whose, lateMinutes)),
      named: await troubled(sql, period, whose),
    };
  },

  words: DELIVERY_DIGEST_WORDS,

  render(digest, { params: { title, onlyProblems, skipEmpty, mention, lateMinutes }, format, say }) {
    const { ended, open, late, latest, named, period } = digest;
    const count = (state: string) => sumOf([...ended, ...open].filter((one) => one.state === state));
    const troubles = TROUBLES.filter((state) => count(state) > 0);
    const notArrived = troubles.reduce((sum, state) => sum + count(state), 0);
    if (skipEmpty && ended.length === 0 && open.length === 0) return skip('Nothing was due');
    if (onlyProblems && troubles.length === 0 && late === 0) return skip('Everything arrived in time');
    const [underWay, name] = [count('pending') + count('posting'), title ?? say('title')];
    const counted = [
      say('nDelivered', { count: count('delivered') }),
      ...(late > 0 ? [say('nLate', { count: late })] : []),
      ...troubles.map((state) => say(COUNTED[state], { count: count(state) })),
    ];
    const span = format.span({ from: new Date(period.from), to: new Date(period.to) });
    return {
      text: name + format.words('colon') + counted.join(format.words('comma')),
      blocks: [
        header(name),
        figures([
          { label: say('delivered'), value: count('delivered') },
          { label: say('late'), value: late, note: late > 0 ? say('upTo', { minutes: latest }) : say('inTime') },
          ...(notArrived > 0 ? [{ label: say('didNotArrive'), value: notArrived }] : []),
          ...(underWay > 0 ? [{ label: say('underWay'), value: underWay }] : []),
          ...(['skipped', 'cancelled'] as const).flatMap((state) =>
            count(state) > 0 ? [{ label: say(state), value: count(state) }] : [],
          ),
        ]),
        troubles.length > 0 && section(reasons([...ended, ...open], mention, { format, say })),
        named.length > 0 &&
          table(
            // What matters first: a phone shows two columns.
            [say('didNotArrive'), say('state'), say('why'), say('due'), say('channel')],
            named.map((one) => [
              one.notification,
              isTrouble(one.state) ? say(one.state) : one.state,
              one.code === one.state ? undefined : one.code,
              new Date(one.due),
              one.channel,
            ]),
          ),
        named.length > 0 && notArrived > named.length && context(say('notNamed', { count: notArrived - named.length })),
        troubles.length > 0 && context(mrkdwn`${say('whatToDo')} \`slack-reports failures list\``),
        context(`${span}, ${format.timezone} · ${say('lateIs', { count: lateMinutes })}`),
      ],
    };
  },
});

interface Whose {
  /** 1: of every account. */
  every: number;
  account: string;
}

async function endedIn(sql: Sql, { from, to }: Period, { every, account }: Whose): Promise<Ended[]> {
  return sql`
    select state, error_code as code, count(*) as deliveries from deliveries
    where thread_nr = 0 and finished_at >= ${from.toISOString()} and finished_at < ${to.toISOString()}
      and (1 = ${every} or account = ${account})
    group by state, error_code order by deliveries desc, state, code`;
}

async function openAt(sql: Sql, to: Date, { every, account }: Whose): Promise<Ended[]> {
  return sql`
    select state, error_code as code, count(*) as deliveries from deliveries
    where thread_nr = 0 and state in ('parked', 'pending', 'posting') and due_at < ${to.toISOString()}
      and (1 = ${every} or account = ${account})
    group by state, error_code order by deliveries desc, state, code`;
}

/** To the minute; grouped, so that a large run is a few rows. */
async function lateness(sql: Sql, { from, to }: Period, { every, account }: Whose, lateMinutes: number) {
  const rows = await sql<{ due: string; finished: string; deliveries: number }>`
    select substr(due_at, 1, 16) as due, substr(finished_at, 1, 16) as finished, count(*) as deliveries from deliveries
    where thread_nr = 0 and state = 'delivered' and finished_at >= ${from.toISOString()} and finished_at < ${to.toISOString()}
      and (1 = ${every} or account = ${account})
    group by due, finished`;
  const all = rows.map(({ due, finished, deliveries }) => ({ minutes: minutesBetween(due, finished), deliveries }));
  const late = all.filter(({ minutes }) => minutes > lateMinutes);
  return { late: sumOf(late), latest: late.reduce((most, { minutes }) => Math.max(most, minutes), 0) };
}

function minutesBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}Z`) - Date.parse(`${from}Z`)) / 60_000);
}

async function troubled(sql: Sql, { from, to }: Period, { every, account }: Whose): Promise<Named[]> {
  return sql`
    select notification_id as notification, coalesce(channel_name, channel) as channel, state, error_code as code,
      due_at as due
    from deliveries
    where thread_nr = 0 and ((state in ('failed', 'unconfirmed', 'missed')
          and finished_at >= ${from.toISOString()} and finished_at < ${to.toISOString()})
        or (state = 'parked' and due_at < ${to.toISOString()}))
      and (1 = ${every} or account = ${account})
    order by due_at desc, notification_id limit ${NAMED}`;
}

function sumOf(all: readonly { deliveries: number }[]): number {
  return all.reduce((sum, { deliveries }) => sum + deliveries, 0);
}

/** "3 parked: is_archived", the most frequent first. */
function reasons(all: readonly Ended[], mention: string | undefined, { format, say }: Written): Text {
  const troubles = all
    .flatMap(({ state, ...one }) => (isTrouble(state) ? [{ state, ...one }] : []))
    .toSorted((a, b) => b.deliveries - a.deliveries);
  const lines = troubles.slice(0, REASONS).map(({ state, code, deliveries }) => {
    const counted = bold(say(COUNTED[state], { count: deliveries }));
    return mrkdwn`• ${counted}${code === null || code === state ? '' : format.words('colon') + code}`;
  });
  if (troubles.length > REASONS) lines.push(mrkdwn`${say('moreReasons', { count: troubles.length - REASONS })}`);
  return mention === undefined ? join(lines) : mrkdwn`${mentioned(mention)}\n${join(lines)}`;
}

interface Written {
  format: Format;
  say: Say<(typeof DELIVERY_DIGEST_WORDS)['en']>;
}

function isTrouble(state: string): state is Trouble {
  return (TROUBLES as readonly string[]).includes(state);
}
