import { describe, expect, test } from 'vitest';
import type { OwnRecurrence } from '../../../src/domain/notification.ts';
import type { Store } from '../../../src/store/open.ts';
import { lookAfter } from '../../../src/worker-store.ts';
import { nextDueOf, isMissing, recurring, STORE_KINDS, temporaryStore } from '../../support/store.ts';

/** By today's rules 09:00 in Vancouver is 16:00Z all the year. Other rules have it an hour later, or earlier. */
const DAILY = { cron: '0 9 * * *', timezone: 'America/Vancouver' };
const WEEKLY = { cron: '0 9 * * TUE' };
const SLOT = '2027-01-12T09:00';
const LATER = '2027-01-12T17:00:00.000Z';
const RIGHT = '2027-01-12T16:00:00.000Z';
const EARLIER = '2027-01-12T15:00:00.000Z';
/** Ten minutes after the slot, and before the time that older rules gave it. */
const AFTER_SLOT = new Date('2027-01-12T16:10:00Z');
const OLDER_RULES = '001/2020a';
const NEWER_RULES = '999/2099z';
const HOUR_MS = 3_600_000;

describe.each(STORE_KINDS)('on %s', (kind) => {
  describe.skipIf(isMissing(kind))('a due time that older rules gave', () => {
    test('is shown and stored as it is by the newer ones, and has the fires planned again where it moves', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await derived(store, 'moved', OLDER_RULES, LATER);
      await derived(store, 'same', OLDER_RULES, RIGHT);
      expect(nextDueOf(await store.notifications.find('moved'))).toBe(RIGHT);
      const heard: unknown[] = [];
      const hear = (...words: unknown[]) => void heard.push(...words);
      const upkeep = {
        log: { info: hear, warn: hear, error: hear },
        dueTimesMoved: async () => {
          const { due } = await store.dueTimes.needs(new Date('2027-01-12T12:00:00Z'));
          heard.push(new Date(due[0] ?? 0).toISOString());
        },
      };
      for (let starts = 0; starts < 2; starts += 1) (await lookAfter(store, upkeep))[Symbol.dispose]();
      expect(heard).toEqual(['Due times moved: their zones have newer rules', { notifications: ['moved'] }, RIGHT]);
      expect(await claim(store, '2027-01-12T16:30:00Z'), 'the slot has passed meanwhile').toBe(2);
      expect(await slots(store, 'moved')).toEqual([`${SLOT} pending, due 16:00Z`]);
    });

    test('loses no slot where a claim comes first: it goes out in its time, late, or is missed', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await derived(store, 'early', OLDER_RULES, EARLIER);
      await derived(store, 'late', OLDER_RULES, LATER, WEEKLY);
      await derived(store, 'missed', OLDER_RULES, LATER, { ...WEEKLY, catchUpWindowS: 1_800 });
      expect(await claim(store, '2027-01-12T15:59:59Z')).toBe(0);
      expect(await claim(store, RIGHT)).toBe(1);
      expect(await slots(store, 'early')).toEqual([`${SLOT} pending, due 16:00Z`]);
      expect(await claim(store, LATER)).toBe(1);
      expect(await slots(store, 'late')).toEqual([`${SLOT} pending, due 16:00Z`]);
      expect(await slots(store, 'missed')).toEqual([`${SLOT} missed, due 16:00Z`]);
      expect(nextDueOf(await store.notifications.find('late'))).toBe('2027-01-19T16:00:00.000Z');
    });

    test('survives a change of its notification', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      for (const id of ['named', 'paused', 'timed']) await derived(store, id, OLDER_RULES, LATER, WEEKLY);
      await store.notifications.change('named', (one) => ({ ...one, name: 'New' }), AFTER_SLOT);
      await store.notifications.pause('paused', { until: undefined, note: undefined });
      await store.notifications.unpause('paused');
      const earlier = { cron: '10 8 * * TUE' };
      const retimed = (due: unknown) => ({ ...(due as OwnRecurrence), ...earlier });
      await store.notifications.change('timed', (one) => ({ ...one, due: retimed(one.due) }), AFTER_SLOT);
      await store.timeRules.bringUpToDate();
      expect(await claim(store, AFTER_SLOT.toISOString())).toBe(3);
      expect(await slots(store, 'timed')).toEqual(['2027-01-12T08:10 pending, due 15:10Z']);
    });
  });

  describe.skipIf(isMissing(kind))('a due time that newer rules gave', () => {
    test('stays as it is, and an older worker claims it in its time, once', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      await derived(store, 'a-early', NEWER_RULES, EARLIER, WEEKLY);
      await derived(store, 'b-later', NEWER_RULES, LATER, WEEKLY);
      await derived(store, 'c-changed', NEWER_RULES, LATER, WEEKLY);
      await derived(store, 'd-daily', NEWER_RULES, LATER);
      await store.notifications.change('c-changed', (one) => ({ ...one, name: 'New' }), AFTER_SLOT);
      expect(await store.timeRules.bringUpToDate()).toEqual([]);
      const claimed = [];
      for (const now of [EARLIER, RIGHT, LATER, '2027-01-12T18:00:00Z']) claimed.push(await claim(store, now));
      expect(claimed).toEqual([1, 0, 3, 0]);
      expect(await slots(store, 'a-early')).toEqual([`${SLOT} pending, due 15:00Z`]);
      for (const id of ['b-later', 'c-changed', 'd-daily'])
        expect(await slots(store, id)).toEqual([`${SLOT} pending, due 17:00Z`]);
      expect(nextDueOf(await store.notifications.find('b-later'))).toBe('2027-01-19T16:00:00.000Z');
      expect(nextDueOf(await store.notifications.find('d-daily'))).toBe('2027-01-13T16:00:00.000Z');
    });
  });

  describe.skipIf(isMissing(kind))('two workers of different versions', () => {
    test('have each slot once, whichever of them claims', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      const crons = { daily: '0 9 * * *', weekly: '0 9 * * TUE,FRI', hourly: '30 * * * *' };
      const others = { older: [OLDER_RULES], newer: [NEWER_RULES], both: [OLDER_RULES, NEWER_RULES] };
      for (const [name, cron] of Object.entries(crons))
        for (const other of Object.keys(others)) await derived(store, `${name}/${other}`, OLDER_RULES, LATER, { cron });

      for (let turn = 0; turn < 20; turn += 1) {
        if (turn % 5 === 0) await store.timeRules.bringUpToDate();
        const now = new Date(Date.parse('2027-01-12T16:00:00Z') + turn * 4 * HOUR_MS).toISOString();
        await claim(store, now);
        // It was the other worker: by its rules the next local time comes an hour later, or earlier.
        if (turn % 2 === 0) continue;
        for (const id of await claimedBy(store, now)) {
          const due = (await store.notifications.find(id))?.due as OwnRecurrence;
          const at = Date.parse(due.nextDueAt ?? '') + (turn % 3 === 0 ? HOUR_MS : -HOUR_MS);
          const rules = others[id.split('/')[1] as keyof typeof others];
          await derivedBy(store, id, rules[turn % rules.length] ?? '', new Date(at).toISOString(), due.nextLocal);
        }
      }

      for (const [name, cron] of Object.entries(crons)) {
        const expected = localsBetween(SLOT, '2027-01-15T12:00', cron);
        for (const other of Object.keys(others)) {
          const locals = (await slots(store, `${name}/${other}`)).map((text) => text.slice(0, SLOT.length));
          expect(locals.slice(0, expected.length), `${name}, next to ${other}`).toEqual(expected);
        }
      }
    });
  });
});

/** Adds a notification whose next slot is at `at` by other rules. */
async function derived(store: Store, id: string, rules: string, at: string, rule: Partial<OwnRecurrence> = {}) {
  await store.notifications.add([recurring(id, { ...DAILY, ...rule, nextDueAt: at })]);
  const first = rule.cron?.startsWith('30 *') === true ? SLOT.replace('09:00', '09:30') : SLOT;
  await derivedBy(store, id, rules, at, first);
}

async function derivedBy({ db }: Store, id: string, rules: string, at: string, local = SLOT): Promise<void> {
  const columns = { next_due_at: at, next_due_local: local, due_by: rules };
  await db.updateTable('notifications').set(columns).where('id', '=', id).execute();
}

async function claim(store: Store, now: string): Promise<number> {
  const at = new Date(now);
  const selection = { kind: 'due' as const, schedule: null };
  const { due } = await store.claims.claimDue({ dispatchId: now, nominal: at, now: at, selection });
  return due;
}

async function claimedBy({ db }: Store, dispatchId: string): Promise<string[]> {
  const rows = db.selectFrom('deliveries').select('notification_id').distinct().where('dispatch_id', '=', dispatchId);
  return (await rows.execute()).map((row) => row.notification_id);
}

/** "2027-01-12T09:00 pending, due 16:00Z", in order. */
async function slots(store: Store, notificationId: string): Promise<string[]> {
  const rows = await store.deliveries.list({ notificationId }, 1_000);
  return rows
    .map(({ occurrence, state, dueAt }) => `${occurrence.replace(/\[.*/, '')} ${state}, due ${dueAt.slice(11, 16)}Z`)
    .toSorted();
}

/** The local times of the three crons of this file. */
function localsBetween(from: string, until: string, cron: string): string[] {
  const [minute, hour, , , days] = cron.split(' ');
  const locals: string[] = [];
  for (let at = Date.parse(`${from}Z`); at < Date.parse(`${until}Z`); at += 60_000) {
    const date = new Date(at);
    if (date.getUTCMinutes() !== Number(minute)) continue;
    if (hour !== '*' && date.getUTCHours() !== Number(hour)) continue;
    if (days !== '*' && ![2, 5].includes(date.getUTCDay())) continue;
    locals.push(date.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length));
  }
  return locals;
}
