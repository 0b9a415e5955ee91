import { setTimeout as sleep } from 'node:timers/promises';
import type { OracleReport } from 'slack-sandbox';
import type { NewNotification } from '../src/domain/notification.ts';
import { childSizes } from './histories.ts';
import type { Measurement, Settings } from './measurement.ts';
import { rider } from './notifications.ts';
import { nominalTimes, runOurs } from './runs.ts';
import {
  CHANNEL_MS,
  problemsOf,
  SLACK_LIMITS,
  SLACK_PACE,
  tenant,
  type Tenant,
  WORKSPACE_BURST,
  WORKSPACE_PER_MINUTE,
} from './slack.ts';
import { formatSpread, spreadOf } from './statistics.ts';
import { buildWorld, type World } from './world.ts';

/** Lets every limit recover between two runs. */
const PAUSE_MS = 4_000;

interface Drain {
  /** From the nominal time to the last post, in seconds. */
  last: number;
  /** From the first post to the last. */
  posts: number;
  /** Of the workspace with three notifications. */
  small: number;
  rateLimited: number;
  hidden: number;
}

/** N notifications to C channels of K workspaces, against the least time that the limits allow. */
export async function measurePaced({ cliPath, n, repeat, say }: Settings): Promise<Measurement> {
  const { tenants, notifications } = load(n);
  const bound = leastSeconds(notifications);
  await using world = await buildWorld({
    cliPath,
    tenants,
    notifications,
    env: SLACK_PACE,
  });
  const nominal = nominalTimes();
  const drains: Drain[] = [];
  const failures: string[] = [];
  let lastRun = '';
  for (let round = 1; round <= repeat; round += 1) {
    await world.slack.fresh(tenants, SLACK_LIMITS);
    const at = nominal();
    lastRun = await runOurs(world, at);
    const oracle = await world.slack.oracle();
    drains.push(drainOf(at, oracle));
    failures.push(...problemsOf(`paced, round ${round}`, notifications.length, oracle));
    say(`paced ${round}/${repeat}: ${drains.at(-1)?.last.toFixed(1)} s, at least ${bound.toFixed(1)} s`);
    await sleep(PAUSE_MS);
  }
  return report({ notifications, bound, drains, failures, events: await eventsOf(world, lastRun) });
}

/** Three workspaces: one with many channels, one half of whose messages go to one channel, and one with three messages. */
function load(n: number): { tenants: Tenant[]; notifications: NewNotification[] } {
  const half = Math.floor(n / 2);
  const hot = Math.floor(half / (WORKSPACE_PER_MINUTE / 60));
  const [many, uneven, small] = [tenant(1, Math.ceil(half / 5)), tenant(2, Math.ceil(half / 5)), tenant(3, 3)];
  const busy = Array.from({ length: hot }, (_, index) =>
    rider(`T2-hot-${String(index).padStart(6, '0')}`, uneven, uneven.channels[0] ?? '', index),
  );
  const notifications = [...spread(many, half, 0), ...spread(uneven, half - hot, 1), ...busy, ...spread(small, 3, 0)];
  return { tenants: [many, uneven, small], notifications };
}

function spread(to: Tenant, count: number, first: number): NewNotification[] {
  return Array.from({ length: count }, (_, index) => {
    const channel = to.channels[(first + index) % to.channels.length] ?? '';
    return rider(`${to.id}-${String(first + index).padStart(6, '0')}`, to, channel, index);
  });
}

/** The first message may go at once, and each next one of a channel or workspace an interval later. */
function leastSeconds(notifications: readonly NewNotification[]): number {
  const most = (key: (row: NewNotification) => string) =>
    Math.max(
      ...Map.groupBy(notifications, key)
        .values()
        .map((rows) => rows.length),
    );
  const channel = ((most((row) => row.channel.id) - 1) * CHANNEL_MS) / 1_000;
  const workspace = ((most((row) => row.workspaceId) - 1) * 60) / WORKSPACE_PER_MINUTE;
  return Math.max(channel, workspace);
}

function drainOf(nominal: Date, { messages, rateLimited, hidden }: OracleReport): Drain {
  const times = messages.map(({ at }) => at);
  const small = messages.filter(({ workspace }) => workspace === 'T3').map(({ at }) => at);
  return {
    last: secondsTo(times, nominal.getTime()),
    posts: secondsTo(times, Math.min(...times)),
    small: secondsTo(small, nominal.getTime()),
    rateLimited,
    hidden,
  };
}

function secondsTo(times: readonly number[], from: number): number {
  return (Math.max(...times) - from) / 1_000;
}

async function eventsOf({ client, store }: World, dispatchId: string): Promise<number[]> {
  return (await childSizes(client, await store.deliveries.list({ dispatchId }, 40))).map(({ events }) => events);
}

function report(found: {
  notifications: NewNotification[];
  bound: number;
  drains: Drain[];
  failures: string[];
  events: number[];
}): Measurement {
  const { notifications, bound, drains, failures, events } = found;
  const ratios = drains.map(({ last }) => last / bound);
  const channels = new Set(notifications.map((row) => row.channel.id)).size;
  const rows = [
    figure(
      'seconds from nominal time to the last post',
      drains.map(({ last }) => last),
      1,
      `${bound.toFixed(1)} at least`,
    ),
    figure('… over the least time', ratios, 3, '≤ 1.05'),
    figure(
      '… over the least time that also uses the burst',
      drains.map(({ last }) => last / leastWithBurst(bound)),
      3,
    ),
    figure(
      'seconds from first post to last',
      drains.map(({ posts }) => posts),
      1,
    ),
    figure(
      'seconds to the last of a workspace with 3',
      drains.map(({ small }) => small),
      1,
    ),
    figure(
      '429',
      drains.map(({ rateLimited }) => rateLimited),
      0,
      '0',
    ),
    figure(
      'hidden',
      drains.map(({ hidden }) => hidden),
      0,
      '0',
    ),
    figure('history events of a child', events, 0),
  ];
  const title = `${notifications.length} notifications, ${channels} channels, 3 workspaces; median (min–max)`;
  const data = { n: notifications.length, channels, bound, drains, ratio: spreadOf(ratios), events: spreadOf(events) };
  return { name: 'paced', tables: [{ title, rows }], data, failures };
}

function figure(name: string, values: number[], digits: number, aim = ''): Record<string, string> {
  return { figure: name, is: formatSpread(values, digits), aim };
}

function leastWithBurst(bound: number): number {
  return bound - ((WORKSPACE_BURST - 1) * 60) / WORKSPACE_PER_MINUTE;
}
