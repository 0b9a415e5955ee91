import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeScheduleSpec, decodeScheduleSpec } from '@temporalio/client/lib/schedule-helpers.js';
import { parseRecurrence, nextOccurrence, type Recurrence } from '../../src/domain/recurrence/recurrence.ts';
import {
  calendarsOf,
  type DuePlan,
  EVERY_MINUTE,
  type Fired,
  isWhenDue,
  nextFire,
  nextPlan,
  planOfCalendars,
  samePlan,
} from '../../src/scheduling/due-plan.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 23);
/** A run of a schedule with nothing due: schedule 2, start 1, claim 1. Counted in real histories by actions.test.ts. */
const ACTIONS_OF_EMPTY_FIRE = 4;

/** Fires closer than this don't count. */
const LEAD = 30_000;

const hourly: DuePlan = { daily: new Set(Array.from({ length: 24 }, (_, hour) => hour * 60)), once: [] };
const soon = fc.integer({ min: 0, max: DAY });
const dues = fc.array(soon, { maxLength: 1_500 });
const plans = fc
  .record({
    daily: fc.oneof(fc.constant([]), fc.array(fc.nat(1_439), { maxLength: 1_440 })),
    once: fc.array(fc.integer({ min: -60, max: 1_440 }), { maxLength: 10 }),
  })
  .map(({ daily, once }): DuePlan => {
    const minutes = new Set([...hourly.daily, ...daily]);
    return {
      daily: minutes.size > 720 ? EVERY_MINUTE.daily : minutes,
      once: [...new Set(once)].toSorted((a, b) => a - b).map((minute) => START + minute * MINUTE),
    };
  });
const fired = fc.option(fc.record({ nominal: fc.integer({ min: -5, max: 0 }), found: fc.boolean() }), {
  nil: undefined,
});
const toFired = (one: { nominal: number; found: boolean } | undefined): Fired | undefined =>
  one && { nominal: new Date(START + one.nominal * MINUTE), found: one.found };

describe('a plan', () => {
  test('has a fire for everything due within the day, not later than in the minute after it', () => {
    fc.assert(
      fc.property(plans, dues, fc.nat(MINUTE), fired, (plan, offsets, seconds, one) => {
        const now = START + seconds;
        const due = offsets.map((offset) => now + offset);
        const next = nextPlan(plan, { due, openSlot: undefined }, new Date(now), toFired(one));
        for (const at of due)
          expect(nextFire(next, Math.max(at, now + LEAD)) - Math.max(at, now + LEAD)).toBeLessThanOrEqual(2 * MINUTE);
        for (const at of due.filter((instant) => instant > now)) expect(nextFire(next, at) - at).toBeLessThan(MINUTE);
      }),
    );
  });

  test('has a fire for each open delivery when its run would count as stalled', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: -DAY, max: DAY }), fired, (plan, slot, one) => {
        const openSlot = START + slot;
        const next = nextPlan(plan, { due: [], openSlot }, new Date(START), toFired(one));
        expect(nextFire(next, START + LEAD)).toBeLessThanOrEqual(Math.max(openSlot, START) + 4 * MINUTE);
      }),
    );
  });

  test('has a fire each hour, whatever a fire found', () => {
    fc.assert(
      fc.property(plans, dues, fired, fc.nat(DAY), (plan, offsets, one, later) => {
        const due = offsets.map((offset) => START + offset);
        const next = nextPlan(plan, { due, openSlot: undefined }, new Date(START), toFired(one));
        expect(nextFire(next, START + later)).toBeLessThanOrEqual(START + later + HOUR);
      }),
    );
  });

  test('is the same after another look', () => {
    fc.assert(
      fc.property(plans, dues, fired, (plan, offsets, one) => {
        const needs = { due: offsets.map((offset) => START + offset), openSlot: START };
        const next = nextPlan(plan, needs, new Date(START), toFired(one));
        expect(samePlan(next, nextPlan(next, needs, new Date(START), toFired(one)), new Date(START))).toBe(true);
      }),
    );
  });

  test('survives the server, in at most 24 calendars and one for each single fire', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const calendars = calendarsOf(plan);
        expect(calendars.length).toBeLessThanOrEqual(24 + plan.once.length);
        const spec = decodeScheduleSpec(encodeScheduleSpec({ calendars }));
        expect(isWhenDue(spec)).toBe(true);
        const read = planOfCalendars(spec.calendars ?? []);
        expect([...read.daily].toSorted((a, b) => a - b)).toEqual([...plan.daily].toSorted((a, b) => a - b));
        expect(read.once).toEqual(plan.once);
      }),
    );
  });
});

interface Day {
  fires: number;
  updates: number;
  /** How late each claim was, at most, in milliseconds. */
  latest: number;
}

/** Notifications, and the schedule's fires by its plan: each claims what is due, and plans again a second later. */
function simulate(rules: readonly Recurrence[], days: number, openMs = 30_000): Day[] {
  const state = rules.map((rule) => ({ rule, next: nextOccurrence(rule, new Date(START))!.at.getTime() }));
  let plan = EVERY_MINUTE;
  let openSince: number | undefined;
  const all = Array.from({ length: days }, (): Day => ({ fires: 0, updates: 0, latest: 0 }));
  for (let at = nextFire(plan, START); at < START + days * DAY; at = nextFire(plan, at + 1_000)) {
    const day = all[Math.floor((at - START) / DAY)]!;
    day.fires += 1;
    const now = at + 1_000;
    let found = false;
    for (const one of state) {
      if (one.next > now) continue;
      found = true;
      day.latest = Math.max(day.latest, at - one.next);
      one.next = nextOccurrence(one.rule, new Date(now))?.at.getTime() ?? Infinity;
    }
    if (openSince !== undefined && now - openSince > openMs) openSince = undefined;
    if (found) openSince = now;
    const needs = { due: state.map(({ next }) => next), openSlot: openSince };
    const next = nextPlan(plan, needs, new Date(now), { nominal: new Date(at), found });
    if (!samePlan(plan, next, new Date(now))) day.updates += 1;
    plan = next;
  }
  return all;
}

const actionsOf = ({ fires, updates }: Day) => fires * ACTIONS_OF_EMPTY_FIRE + updates;
const daily = (timezone: string, cron = '0 9 * * *') => parseRecurrence({ cron, timezone });

describe('what a day costs in Actions, without the deliveries', () => {
  const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Asia/Kolkata', 'Australia/Sydney'];

  test('100 notifications in five zones at 09:00: at most 150, each claimed in its minute', () => {
    const rules = Array.from({ length: 100 }, (_, index) => daily(ZONES[index % ZONES.length]!));
    const [first, ...others] = simulate(rules, 8);
    expect(first!.latest).toBe(0);
    for (const day of others) {
      expect(actionsOf(day)).toBeLessThanOrEqual(150);
      expect(day.latest).toBe(0);
    }
  });

  test('the same on weekdays: no more on any day of the week', () => {
    const days = simulate(
      ZONES.map((zone) => daily(zone, '0 9 * * MON-FRI')),
      15,
    );
    for (const day of days.slice(1)) expect(actionsOf(day)).toBeLessThanOrEqual(150);
    expect(Math.max(...days.map(({ latest }) => latest))).toBe(0);
  });

  test('nothing at all: the safety fires', () => {
    const days = simulate([], 3);
    expect(days.slice(1).map(actionsOf)).toEqual([96, 96]);
  });

  test('every five minutes of an afternoon: no update for each fire once it has been learned', () => {
    const days = simulate([daily('UTC', '*/5 12-16 * * *')], 3, 0);
    expect(Math.max(...days.map(({ latest }) => latest))).toBe(0);
    expect(days[2]!.fires).toBeLessThanOrEqual(60 + 24 + 60);
  });

  test('every minute: it fires every minute, and is not updated', () => {
    const days = simulate([daily('UTC', '* * * * *')], 2, 0);
    expect(days[1]).toEqual({ fires: 1_440, updates: 0, latest: 0 });
  });
});
