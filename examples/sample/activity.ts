/** Made-up customers, each with a channel of its own in the sandbox: `C0ACME`, `#acme-reports`. */
export const SAMPLE_ACCOUNTS = [
  { id: 'acme', name: 'Acme', timezone: 'Europe/Berlin' },
  { id: 'bluebird', name: 'Bluebird', timezone: 'America/New_York' },
  { id: 'cedar', name: 'Cedar & Sons', timezone: 'Europe/London' },
  { id: 'dockside', name: 'Dockside', timezone: 'Europe/Amsterdam' },
  { id: 'everline', name: 'Everline', timezone: 'Asia/Tokyo' },
  { id: 'fernhill', name: 'Fernhill', timezone: 'Australia/Sydney' },
  { id: 'granite', name: 'Granite', timezone: 'America/Denver' },
  { id: 'harbor', name: 'Harbor', timezone: 'America/Los_Angeles' },
  { id: 'ironwood', name: 'Ironwood', timezone: 'Europe/Madrid' },
  { id: 'juniper', name: 'Juniper', timezone: 'America/Sao_Paulo' },
  { id: 'kestrel', name: 'Kestrel', timezone: 'Asia/Kolkata' },
  { id: 'lumen', name: 'Lumen', timezone: 'Africa/Nairobi' },
] as const;

export interface Activity {
  account: string;
  /** ISO 8601, in UTC with milliseconds: sorts as time does. */
  occurredAt: string;
  /** What was done: `sign_in`, `report_viewed`, … */
  kind: string;
  /** What it was done with: a dashboard, for example. */
  subject: string;
}

const HOUR_MS = 3_600_000;

const KINDS = ['report_viewed', 'report_viewed', 'report_viewed', 'sign_in', 'sign_in', 'export', 'comment'] as const;
const SUBJECTS = [
  'Revenue overview',
  'Churn by cohort',
  'Weekly pipeline',
  'Onboarding funnel',
  'Support backlog',
  'Inventory',
  'Marketing spend',
  'Forecast Q4',
] as const;

/**
 * What the sample accounts did in one hour; the same hour always gives the same activity. Busy by day in the account's
 * own zone, quiet at night and at weekends.
 */
export function activityOfHour(hourStart: Date): Activity[] {
  return SAMPLE_ACCOUNTS.flatMap((account, index) => {
    const random = randomFrom(hourStart.getTime() / HOUR_MS + index * 7_919);
    const size = 1 + (index % 5);
    const events = Math.floor(random() * size * busyness(hourStart, account.timezone));
    return Array.from({ length: events }, () => ({
      account: account.id,
      occurredAt: new Date(hourStart.getTime() + Math.floor(random() * HOUR_MS)).toISOString(),
      kind: pick(KINDS, random()),
      // Squared, so that some subjects are clearly busier than others.
      subject: pick(SUBJECTS, random() ** 2),
    }));
  });
}

function busyness(instant: Date, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: 'numeric', weekday: 'short', hour12: false });
  const parts = Object.fromEntries(format.formatToParts(instant).map((part) => [part.type, part.value]));
  const hour = Number(parts['hour']);
  const atWork = hour >= 8 && hour < 19;
  const weekend = parts['weekday'] === 'Sat' || parts['weekday'] === 'Sun';
  if (weekend) return atWork ? 2 : 0.5;
  return atWork ? 8 : 1;
}

function pick<Item>(items: readonly [Item, ...Item[]], share: number): Item {
  return items[Math.floor(share * items.length)] ?? items[0];
}

/** Mulberry32: small, good enough for made-up data, and repeatable. */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
