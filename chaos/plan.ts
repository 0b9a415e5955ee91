import { DEFAULT_SCOPES } from 'slack-sandbox';
import type { NewNotification, OwnRecurrence } from '../src/domain/notification.ts';
import { type Random, randomFrom } from './random.ts';

/** The kinds of store that a run can be on. */
export const STORES = ['sqlite', 'postgres'] as const;

/** The kinds of source that the riders of schedules can come from. */
export const SOURCE_KINDS = ['module', 'sql'] as const;

export interface ChaosOptions {
  seed: number;
  /** Default: the embedded one. */
  store?: (typeof STORES)[number] | undefined;
  notifications: number;
  channels: number;
  workspaces: number;
  workers: number;
  /** Times that the workers are killed: about half of them just when Slack has accepted a message. */
  kills: number;
  /** Times that a worker, or all of them, is asked to end. Default 1. */
  terms?: number | undefined;
  /** Times that the Temporal server is stopped or killed. */
  serverRestarts: number;
  /** Times that the Postgres server is stopped or killed; the embedded store has none. Default 1. */
  storeRestarts?: number | undefined;
  /** Times that the tokens of all sound workspaces rotate, in turn before and after the old ones are refused. Default none. */
  rotations?: number | undefined;
  /** Times that a tenth of the notifications gets another channel. Default none. */
  moves?: number | undefined;
  /** Times that a worker is frozen (SIGSTOP) for longer than others take to post instead of it. Default none. */
  freezes?: number | undefined;
  /** Times that Postgres swallows everything for a while, over connections that stay open. Default none. */
  swallows?: number | undefined;
  /** For how many seconds Slack answers 503 to everything, once. Default none. */
  slackAwayS?: number | undefined;
  /** The riders of schedules come from a source, a module or a query, instead of our table. */
  source?: (typeof SOURCE_KINDS)[number] | undefined;
  /** How many messages conversations.history gives a page: 15 for apps that are distributed. Default: as Slack's own apps. */
  historyPage?: number | undefined;
  /** `npm start` in place of a server and workers of the run's own; it is ended as a whole or in one of its processes. */
  whole?: boolean | undefined;
  /** All are due in one tick of one schedule, instead of in several runs. */
  oneTick?: boolean | undefined;
  /** Slack's own limits, and it hides what comes too soon without a word; otherwise the limits are wide, and answer 429. */
  hide?: boolean | undefined;
  /** How long the workers wait before they look for a message whose answer was lost. Default: by seed, see `settleOf`. */
  settleSeconds?: number | undefined;
}

/** What is wrong with a workspace: its token is revoked for a while, or the app may not read its channels. */
interface PlannedWorkspace {
  id: string;
  token: string;
  /** The file that holds the token, within the folder of the run: it may change. */
  tokenFile: string;
  scopes: string[];
  trouble: 'none' | 'revoked' | 'unreadable';
}

/**
 * What is wrong with a channel:
 * - `join`: public, and the bot is not in it; the product joins it.
 * - `closed`: private, and the bot is not in it.
 * - `archived`: archived during the run, for good. `restored`: archived during the run, and restored.
 * - `refuses`: never takes a message. `relents`: takes no message until the operator fixes it.
 */
export interface PlannedChannel {
  id: string;
  workspace: PlannedWorkspace;
  trouble: 'none' | 'join' | 'closed' | 'archived' | 'restored' | 'refuses' | 'relents';
}

/** Who asks for a notification: one of two schedules, its own recurrence, or a run that is called off. */
type Group = 'alpha' | 'beta' | 'own' | 'called_off';

export interface PlannedNotification {
  row: NewNotification;
  channel: PlannedChannel;
  group: Group;
  /** Every third has a post in its thread. */
  hasThread: boolean;
}

export interface Plan extends ChaosOptions {
  settleSeconds: number;
  /**
   * How long Slack takes to accept a slow call, and how long a message then stays invisible to conversations.history.
   * Together less than one and a half settle times, after which the channel has been read twice: a Slack that is slower
   * than SLACK_SETTLE_SECONDS allows for doubles, and nothing can be done about it but a longer settle time.
   */
  slowAcceptMs: number;
  historyLagMs: number;
  /** How long a server that was stopped or killed stays away. */
  awayMs: number;
  /** The nominal time of the backfills: the last full hour. */
  nominal: Date;
  /** The newest slot of the own recurrences: this minute. They are claimed by the clock. */
  newestOwn: Date;
  spaces: PlannedWorkspace[];
  places: PlannedChannel[];
  items: PlannedNotification[];
  moments: Moment[];
}

const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
/** A settle time longer than a call may take (15 s), as it must be in production. */
const PATIENT_S = 20;
/** The least that the short faults of a plan allow for, in seconds: see `Plan.slowAcceptMs`. */
export const SETTLE_MIN_S = 2;
/** Time to ask the workers whether they are ready, and no more: everything waits meanwhile. */
const AWAY_MAX_MS = 4_000;
/** Slots of an own recurrence that were passed before the first run: all but the newest are missed. */
const MISSED_OCCURRENCES = 2;
const ACCOUNTS = ['acme', 'bluebird', 'cedar', 'dockside'] as const;
const TROUBLED_CHANNELS = ['archived', 'restored', 'refuses', 'relents', 'closed', 'join', 'join'] as const;

/** Everything that a seed decides before anything runs. */
export function makePlan(options: ChaosOptions, now: Date): Plan {
  const random = randomFrom(options.seed);
  const settleSeconds = options.settleSeconds ?? settleOf(options.seed);
  const patient = settleSeconds >= PATIENT_S;
  const spaces = Array.from({ length: options.workspaces }, (_, index) => planWorkspace(index, options.workspaces));
  const places = Array.from({ length: options.channels }, (_, index) => planChannel(index, spaces));
  const nominal = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
  const newestOwn = new Date(Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS);
  const items = Array.from({ length: options.notifications }, (_, index) =>
    planNotification(
      index,
      random.pick(asNonEmpty(places)),
      options.oneTick === true ? 'alpha' : groupOf(random.next()),
      newestOwn,
    ),
  );
  return {
    ...options,
    settleSeconds,
    slowAcceptMs: patient ? random.int(16_000, 18_000) : random.int(300, 900),
    historyLagMs: patient ? random.int(0, 8_000) : random.int(0, 1_000),
    awayMs: random.int(500, AWAY_MAX_MS),
    nominal,
    newestOwn,
    spaces,
    places,
    items,
    moments: planMoments(options, items, random),
  };
}

/** Short, so that a run is; and patient in every fourth seed. Only these let Slack accept a message that the caller gave up. */
function settleOf(seed: number): number {
  return seed % 4 === 0 ? PATIENT_S : SETTLE_MIN_S;
}

function planWorkspace(index: number, count: number): PlannedWorkspace {
  const trouble = index === 1 ? 'revoked' : index > 1 && index === count - 1 ? 'unreadable' : 'none';
  const readable = (scope: string) => trouble !== 'unreadable' || !scope.endsWith(':history');
  return {
    id: `T0CHAOS${index}`,
    token: `xoxb-chaos-${index}`,
    tokenFile: `token-${index}`,
    scopes: DEFAULT_SCOPES.filter(readable),
    trouble,
  };
}

/** The troubled channels come first, one in each of the sound workspaces in turn; the others are spread over all. */
function planChannel(index: number, spaces: PlannedWorkspace[]): PlannedChannel {
  const trouble = TROUBLED_CHANNELS[index] ?? 'none';
  const candidates = trouble === 'none' ? spaces : spaces.filter((space) => space.trouble === 'none');
  const workspace = candidates[index % candidates.length];
  if (workspace === undefined) throw new Error('a plan needs a workspace');
  return { id: `C0CHAOS${index}`, workspace, trouble };
}

function groupOf(share: number): Group {
  if (share < 0.4) return 'alpha';
  if (share < 0.8) return 'beta';
  return share < 0.93 ? 'own' : 'called_off';
}

function planNotification(index: number, channel: PlannedChannel, group: Group, newestOwn: Date): PlannedNotification {
  const account = ACCOUNTS[index % ACCOUNTS.length] ?? 'acme';
  const own = group === 'own';
  const hasThread = index % 3 === 0;
  const row: NewNotification = {
    id: `n${String(index).padStart(4, '0')}`,
    name: `Chaos ${index}`,
    account,
    report: 'account-activity',
    params: { title: `Chaos ${index}`, days: 7, details: hasThread },
    workspaceId: channel.workspace.id,
    channel: { id: channel.id, name: `#${channelName(channel)}` },
    due: own ? hourlyUntil(newestOwn) : { kind: 'schedule', scheduleId: group, afterOutage: 'newest' },
    tags: [],
    enabled: true,
  };
  return { row, channel, group, hasThread };
}

/** Every hour at the minute of the newest occurrence; some passed before anything ran. */
function hourlyUntil(newest: Date): OwnRecurrence {
  const nextDueAt = new Date(newest.getTime() - MISSED_OCCURRENCES * HOUR_MS).toISOString();
  const rule = { cron: `${newest.getUTCMinutes()} * * * *`, timezone: 'UTC', skip: [], dstGap: 'shift' } as const;
  return { kind: 'recurrence', ...rule, afterOutage: 'newest', nextDueAt };
}

export function channelName(channel: PlannedChannel): string {
  return channel.id.toLowerCase();
}

function asNonEmpty<Item>(items: Item[]): [Item, ...Item[]] {
  const [first, ...others] = items;
  if (first === undefined) throw new Error('a plan needs at least one channel');
  return [first, ...others];
}

/** Something that happens to the system once Slack has accepted a number of messages: counted, not timed, to be repeatable. */
export interface Moment {
  afterAccepted: number;
  what:
    /** SIGKILL for every worker during the acceptance itself: Slack has the message, but no worker gets the answer. */
    | 'kill_in_gap'
    /** SIGKILL for every worker while a call is under way that Slack accepts only afterwards. */
    | 'kill_in_call'
    /** SIGKILL for one worker, wherever it is. */
    | 'kill_one'
    /** SIGTERM for one worker, or for all: a deployment. */
    | 'stop_one'
    | 'stop_all'
    | 'stop_server'
    | 'kill_server'
    | 'stop_store'
    | 'kill_store'
    | 'rotate_tokens'
    | 'move_channels'
    | 'freeze_worker'
    | 'swallow_store'
    | 'slack_away'
    | 'revoke_token'
    | 'mend_token'
    | 'archive'
    | 'backfill_again'
    | 'trigger'
    | 'reset_run'
    | 'terminate_run'
    | 'run_and_cancel';
}

/** What makes more due than the one tick, or is done to another run. */
const NOT_IN_ONE_TICK: readonly Moment['what'][] = ['trigger', 'reset_run', 'run_and_cancel'];
const KILLS = ['kill_in_gap', 'kill_in_call', 'kill_in_gap', 'kill_one'] as const;

function planMoments(options: ChaosOptions, items: readonly PlannedNotification[], random: Random): Moment[] {
  // Messages of the first two backfills and the own recurrences: moments lie within, so that every one of them comes.
  const sure = items.filter(({ group, channel }) => group !== 'called_off' && channel.trouble === 'none').length;
  const at = (from: number, to: number) => Math.max(1, Math.round(sure * (from + random.next() * (to - from)) * 0.7));
  /** `count` moments, each in its own stretch, and the kinds in turn. Each seed starts with another kind. */
  const spread = (count: number, kinds: readonly Moment['what'][], first = 0): Moment[] =>
    Array.from({ length: count }, (_, index) => {
      const what = kinds[(first + index) % kinds.length];
      if (what === undefined) throw new Error('there is a kind');
      return { afterAccepted: at(index / count, (index + 1) / count), what };
    });
  const storeRestarts = options.store === 'postgres' ? (options.storeRestarts ?? 1) : 0;
  const ends = [
    ...spread(options.kills, KILLS),
    ...spread(options.terms ?? 1, ['stop_one', 'stop_all'], options.seed),
    ...spread(options.serverRestarts, ['stop_server', 'kill_server'], options.seed),
    ...spread(storeRestarts, ['stop_store', 'kill_store'], options.seed),
    ...spread(options.rotations ?? 0, ['rotate_tokens']),
    ...spread(options.moves ?? 0, ['move_channels']),
    ...spread(options.freezes ?? 0, ['freeze_worker']),
    ...spread(options.swallows ?? 0, ['swallow_store']),
    ...spread((options.slackAwayS ?? 0) > 0 ? 1 : 0, ['slack_away']),
  ];
  const others: Moment[] = [
    { afterAccepted: at(0.1, 0.3), what: 'revoke_token' },
    { afterAccepted: at(0.7, 0.9), what: 'mend_token' },
    { afterAccepted: at(0.2, 0.5), what: 'archive' },
    { afterAccepted: at(0.1, 0.5), what: 'backfill_again' },
    { afterAccepted: at(0.3, 0.6), what: 'trigger' },
    { afterAccepted: at(0.3, 0.8), what: 'reset_run' },
    { afterAccepted: at(0.4, 0.9), what: 'terminate_run' },
    { afterAccepted: at(0.5, 1), what: 'run_and_cancel' },
  ];
  const fitting = others.filter(({ what }) => options.oneTick !== true || !NOT_IN_ONE_TICK.includes(what));
  return [...ends, ...fitting].toSorted((a, b) => a.afterAccepted - b.afterAccepted);
}

export interface RunOptions {
  cliPath: string;
  /** How long the run may take until everything is at rest, in milliseconds. */
  deadlineMs: number;
  /** Leaves the folder with databases and logs behind. */
  keep: boolean;
  /** Ends the run early. */
  signal: AbortSignal;
}
