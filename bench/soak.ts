import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { NewNotification } from '../src/domain/notification.ts';
import type { DeliveryState } from '../src/domain/delivery.ts';
import type { ChildExit } from '../src/dev/child-process.ts';
import type { Selection } from '../src/domain/selection.ts';
import { freePort } from '../src/lib/ports.ts';
import { figure, type Measurement, type Settings } from './measurement.ts';
import { rider } from './notifications.ts';
import { megabytes, peakMegabytes } from './process-use.ts';
import { startRun } from './runs.ts';
import { NO_LIMITS, tenant, type Tenant } from './slack.ts';
import { spreadOf } from './statistics.ts';
import { buildWorld, type World } from './world.ts';

/** How often the worker is asked whether it lives, and the longest that its answer may take, in milliseconds. */
const PROBE_MS = 250;
const ANSWER_MAX_MS = 1_000;
const GIVEN_UP_MS = 10_000;
/** An ordinary delivery next to the odd ones, and a look at the memory, each so often, in milliseconds. */
const ORDINARY_MS = 2_000;
const LOOK_MS = 5_000;
const TELL_MS = 60_000;
/** How long the last ordinary deliveries may take to arrive, in milliseconds. */
const ARRIVES_MS = 60_000;
/** How long Temporal may refuse to start a run, in milliseconds. */
const STARTS_MS = 60_000;
/** Memory in the last quarter over that in the second: above this it is not flat. */
const GROWTH_MAX = 1.3;

/** How a delivery with each trouble of odd-reports/odd.ts ends. */
const TROUBLES: Readonly<Record<string, DeliveryState>> = {
  'long error': 'failed',
  'long secret': 'failed',
  'long brackets': 'failed',
  'long causes': 'failed',
  'round causes': 'failed',
  'no error': 'failed',
  'hostile error': 'failed',
  hang: 'failed',
  late: 'delivered',
  'late rejection': 'delivered',
  allocate: 'delivered',
  // Cut to Slack's limits.
  'large message': 'delivered',
  'hostile text': 'delivered',
};
/** After this long each has ended, in milliseconds: six loads of two minutes, and the pauses between them. */
const ENDS_MS = 15 * 60_000;

/** Names as a table of customers may have them. */
const NAMES = [
  '\u001b[2J\u001b]0;owned\u0007',
  '<!channel> <@U0ACME> *bold* `code`',
  '\u202Etxt.exe\u200B',
  '=cmd|"/c calc"!A1',
  "'; drop table deliveries; --",
  '../../../etc/passwd%00',
  '{{constructor.constructor("return 1")()}}',
  '👩‍👩‍👧‍👦'.repeat(40),
  'ﷺ'.repeat(100),
  `e${'\u0301'.repeat(400)}`,
  '\r\nSet-Cookie: a=b',
  ' ',
] as const;

interface Look {
  seconds: number;
  workerMb: number;
  /** Processes that wanted a processor, over the last minute: other programs make answers slower. */
  load: number;
}

interface Probes {
  answers: number[];
  /** Those that took too long, in milliseconds, and when. */
  late: { at: string; ms: number }[];
  unanswered: number;
}

/** Odd inputs for an hour: the worker answers, its memory stays flat, and ordinary reports arrive once. */
export async function measureSoak({ cliPath, n, minutes, say }: Settings): Promise<Measurement> {
  const one = tenant(1, 50);
  const health = `127.0.0.1:${await freePort()}`;
  await using world = await buildWorld({
    cliPath,
    tenants: [one],
    notifications: [],
    env: {
      HEALTH_ADDRESS: health,
      SLACK_REPORTS_DIR: fileURLToPath(new URL('odd-reports', import.meta.url)),
      SLACK_CHANNEL_INTERVAL_MS: '0',
      SLACK_WORKSPACE_PER_MINUTE: '0',
      LOG_LEVEL: 'error',
    },
  });
  await world.slack.fresh([one], NO_LIMITS);
  let ended: ChildExit | undefined;
  void world.worker.exited.then((exit) => (ended = exit));
  // What asks is late too on a busy machine: its longest stall is a part of the worst answer.
  const stalls = monitorEventLoopDelay({ resolution: 10 });
  stalls.enable();
  const over = new AbortController();
  const probes: Probes = { answers: [], late: [], unanswered: 0 };
  const looks: Look[] = [];
  const began = Date.now();
  const seconds = () => (Date.now() - began) / 1_000;
  const kept = [
    every(PROBE_MS, over.signal, () => probe(`http://${health}/livez`, probes)),
    every(
      LOOK_MS,
      over.signal,
      async () =>
        void looks.push({
          seconds: seconds(),
          workerMb: megabytes(world.worker.pid),
          load: loadavg()[0] ?? Number.NaN,
        }),
    ),
    every(TELL_MS, over.signal, async () => {
      const { workerMb = Number.NaN } = looks.at(-1) ?? {};
      say(
        `soak: ${seconds().toFixed(0)} s, ${workerMb.toFixed(0)} MB, worst answer ${Math.max(...probes.answers).toFixed(0)} ms`,
      );
    }),
  ];
  const until = () => (ended === undefined ? began + minutes * 60_000 : 0);
  const [odd, ordinary] = await Promise.all([
    sendMany(world, { until, everyMs: 60_000 / n, make: (index) => oddOne(index, one) }),
    sendMany(world, { until, everyMs: ORDINARY_MS, make: (index) => ordinaryOne(index, one) }),
  ]);
  const arrived = await arrivedOnce(world, ordinary);
  over.abort();
  await Promise.all(kept);
  const wedged = await notEnded(
    world,
    odd.filter(({ at }) => at < Date.now() - ENDS_MS),
  );
  return report({
    n,
    minutes,
    odd,
    ordinary,
    arrived,
    probes,
    looks,
    wedged,
    stalled: stalls.max / 1e6,
    peak: peakMegabytes(world.worker.pid),
    ended,
  });
}

interface Sent {
  id: string;
  /** Epoch milliseconds. */
  at: number;
  expected: DeliveryState;
}

interface Flow {
  /** Epoch milliseconds; past where no more is to be sent. */
  until: () => number;
  everyMs: number;
  make: (index: number) => { notification: NewNotification; expected: DeliveryState };
}

/** Each is a notification of its own and a run of its own, as of a person who asks for one. */
async function sendMany(world: World, { until, everyMs, make }: Flow): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let at = Date.now(); at < until(); at += everyMs) {
    await sleep(Math.max(0, at - Date.now()));
    const { notification, expected } = make(sent.length);
    await world.store.notifications.add([notification]);
    await startInTime(world, `soak/${notification.id}`, { kind: 'notifications', ids: [notification.id] });
    sent.push({ id: notification.id, at: Date.now(), expected });
  }
  return sent;
}

/** A dev server on a busy machine may refuse for a moment; the worker has no part in that. */
async function startInTime(world: World, workflowId: string, selection: Selection): Promise<void> {
  const deadline = Date.now() + STARTS_MS;
  for (;;) {
    try {
      return await startRun(world, workflowId, selection);
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      if (Date.now() > deadline) throw error;
      await sleep(1_000);
    }
  }
}

function oddOne(index: number, one: Tenant) {
  const troubles = Object.entries(TROUBLES);
  const [trouble, expected] = troubles[index % troubles.length] ?? ['hang', 'failed'];
  const name = NAMES[index % NAMES.length] ?? '';
  const notification = rider(`odd-${index}`, one, channelOf(one, index), index);
  return { notification: { ...notification, name, report: 'odd', params: { trouble } }, expected };
}

function ordinaryOne(index: number, one: Tenant) {
  return {
    notification: rider(`ordinary-${index}`, one, channelOf(one, index), index),
    expected: 'delivered',
  } as const;
}

function channelOf({ channels }: Tenant, index: number): string {
  return channels[index % channels.length] ?? '';
}

/** Does it at this rate until it is over; one that takes longer is waited for. */
async function every(ms: number, over: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (let at = Date.now() + ms; !over.aborted; at = Math.max(at + ms, Date.now())) {
    await sleep(Math.max(0, at - Date.now()), undefined, { signal: over }).catch(() => undefined);
    if (!over.aborted) await work();
  }
}

async function probe(url: string, probes: Probes): Promise<void> {
  const began = performance.now();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(GIVEN_UP_MS) });
    await response.text();
    if (!response.ok) probes.unanswered += 1;
  } catch {
    probes.unanswered += 1;
  }
  const ms = performance.now() - began;
  probes.answers.push(ms);
  if (ms >= ANSWER_MAX_MS) probes.late.push({ at: new Date().toISOString(), ms });
}

/** How many of them have arrived, as the ledger says, and how many more than once, as Slack says. */
async function arrivedOnce(world: World, sent: readonly Sent[]): Promise<{ once: number; doubled: number }> {
  const deadline = Date.now() + ARRIVES_MS;
  for (;;) {
    const waiting = await notEnded(world, sent);
    if (waiting.length === 0 || Date.now() > deadline) {
      const { counts, duplicates } = await world.slack.oracle();
      const ids = await Promise.all(
        sent.map(async ({ id }) => (await world.store.deliveries.list({ notificationId: id }, 1))[0]?.id),
      );
      const once = ids.filter((id) => id !== undefined && counts[id] === 1).length;
      return { once, doubled: duplicates.length };
    }
    await sleep(1_000);
  }
}

/** Those whose delivery has not ended as it should have, and how it stands. */
async function notEnded(world: World, sent: readonly Sent[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { id, expected } of sent) {
    const [row] = await world.store.deliveries.list({ notificationId: id }, 1);
    if (row?.state !== expected) wrong.push(`${id}: ${row?.state ?? 'no delivery'}, not ${expected}`);
  }
  return wrong;
}

interface Found {
  n: number;
  minutes: number;
  odd: Sent[];
  ordinary: Sent[];
  arrived: { once: number; doubled: number };
  probes: Probes;
  looks: Look[];
  wedged: string[];
  /** The longest that this program itself had no turn, in milliseconds. */
  stalled: number;
  peak: number;
  ended: ChildExit | undefined;
}

function report(found: Found): Measurement {
  const { n, minutes, odd, ordinary, arrived, probes, looks, wedged, stalled, peak, ended } = found;
  const worst = Math.max(...probes.answers);
  const slow = probes.late.length;
  const part = (from: number, to: number) =>
    spreadOf(
      looks
        .filter((_, index) => index >= looks.length * from && index < looks.length * to)
        .map(({ workerMb }) => workerMb),
    ).median;
  const memory = {
    second: part(0.25, 0.5),
    last: part(0.75, 1),
    slope: slopeOf(looks.slice(Math.floor(looks.length / 4))),
    peak,
  };
  const growth = memory.last / memory.second;
  const rows = [
    figure('odd inputs', odd.length, 0),
    figure('ordinary deliveries', ordinary.length),
    figure('… arrived once', arrived.once, 0, String(ordinary.length)),
    figure('answers of /livez', probes.answers.length),
    figure('… worst, ms', worst, 0, `< ${ANSWER_MAX_MS}`),
    figure('… median, ms', spreadOf(probes.answers).median, 1),
    figure('longest stall of the program that asks, ms', stalled),
    figure('load of the machine', spreadOf(looks.map(({ load }) => load)).median, 1),
    figure('worker memory in the second quarter, MB', memory.second),
    figure('worker memory in the last quarter, MB', memory.last, 0),
    figure('… over that in the second', growth, 2, `≤ ${GROWTH_MAX}`),
    figure('slope after the first quarter, MB/h', memory.slope, 0),
    figure('peak, MB', peak),
  ];
  const wrong: [boolean, string][] = [
    [arrived.once !== ordinary.length, `${ordinary.length - arrived.once} ordinary deliveries did not arrive once`],
    [arrived.doubled > 0, `${arrived.doubled} messages were posted twice`],
    [
      slow > 0 || probes.unanswered > 0,
      `/livez answered too late ${slow} times, and not at all ${probes.unanswered} times`,
    ],
    [growth > GROWTH_MAX, `the worker's memory grew by a factor of ${growth.toFixed(2)}`],
    [wedged.length > 0, `${wedged.length} odd deliveries did not end as they should: ${wedged.slice(0, 5).join('; ')}`],
    [ended !== undefined, `the worker has ended: ${JSON.stringify(ended)}`],
  ];
  const failures = wrong.filter(([is]) => is).map(([, text]) => `soak: ${text}`);
  const data = {
    n,
    minutes,
    odd: odd.length,
    ordinary: ordinary.length,
    arrived,
    livez: {
      count: probes.answers.length,
      worst,
      late: probes.late,
      unanswered: probes.unanswered,
      ...spreadOf(probes.answers),
    },
    memory,
    growth,
    wedged,
    stalled,
    looks,
  };
  return {
    name: 'soak',
    tables: [{ title: `${n} odd inputs a minute, for ${minutes} minutes`, rows }],
    data,
    failures,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the line that fits best, in megabytes an hour. */
function slopeOf(looks: readonly Look[]): number {
  const [x, y] = [mean(looks.map(({ seconds }) => seconds)), mean(looks.map(({ workerMb }) => workerMb))];
  const over = looks.reduce((sum, look) => sum + (look.seconds - x) * (look.workerMb - y), 0);
  return (over / looks.reduce((sum, { seconds }) => sum + (seconds - x) ** 2, 0)) * 3_600;
}
