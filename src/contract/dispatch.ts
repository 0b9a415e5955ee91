import type { DeliveryState } from '../domain/delivery.ts';
import type { Selection } from '../domain/selection.ts';

/** What `dispatch` and `partition` take and return, what people may ask them, and what their activities answer. */

export interface DispatchInput {
  /** What the run is for. Without it: everything due on the schedule that started it. */
  selection?: Selection;
  /** The time this run stands for, ISO 8601. Without it: the schedule's nominal time, else the start of the workflow. */
  nominalTime?: string;
  /** What a run by hand is for; the same key is the same occurrence, whatever the time. */
  key?: string;
  /** Posts are spread over this many seconds after that time. */
  spreadWindowS?: number;
  /** Deliveries that start later than this many seconds after that time are recorded as missed. Without it, none is too late. */
  catchUpWindowS?: number;
  /** Set by continue-as-new only. */
  carryOver?: CarryOver;
}

/** What a run knows once it has claimed. */
export interface DispatchState {
  /** The concurrency at the claim: how the run is split into partitions follows from it, whatever it is changed to later. */
  readonly claimedConcurrency: number;
  control: Control;
  progress: DispatchProgress;
  searchable?: Searchable;
  fastPath?: boolean;
  after?: AfterRun;
}

/** What is left to do when everything of a run is delivered. Absent where nothing is. */
export interface AfterRun {
  /** Owners are told: `look` in any case, `watch` where something of this run did not arrive. */
  owners?: 'look' | 'watch';
  /** The ledger is pruned; once a day. */
  prune?: true;
}

/** From one execution of a run to the next. */
interface CarryOver extends DispatchState {
  nextPartition: number;
}

/** Set where the server knows our search attributes; with the schedule that started the run, or null. */
interface Searchable {
  schedule: string | null;
}

export interface PartitionInput {
  dispatchId: string;
  partition: Partition;
  control: Control;
  progress: DispatchProgress;
  searchable?: Searchable;
  fastPath?: boolean;
}

/**
 * Of the deliveries of a run, numbered in the order of their times, every `step`-th group of `size` from `from` up to `to`
 * (exclusive), beginning with the group `offset`.
 */
export interface Partition {
  from: number;
  to: number;
  size: number;
  step: number;
  offset: number;
}

/** What people may change of a run that is under way. */
export interface Control {
  /** No further delivery starts; those under way go on. */
  paused: boolean;
  /** How many deliveries may be under way at once. */
  concurrency: number;
}

export interface NewConcurrency {
  concurrency: number;
}

/** How far a run is; when it has ended, its result. */
export interface DispatchProgress {
  /** The time the run stands for, ISO 8601 UTC. */
  nominalTime: string;
  /** Deliveries of this run; each is in the ledger. */
  due: number;
  /** Of those due, the ones that the claim found late. */
  late: number;
  /** Found too late to go out, or replaced by a newer one; each is in the ledger. Not among those due. */
  missed: number;
  delivered: number;
  /** Their reports had nothing to say. */
  skipped: number;
  /** Slack refused the message, or the report could not be made. */
  failed: number;
  /** Waiting until the channel or the workspace is fixed; `resume` sends them. */
  parked: number;
  /** Slack may have them; a person has to look. */
  unconfirmed: number;
  cancelled: number;
  /** Claimed in time, and missed all the same: their posts could not begin before the catch-up window ended. */
  tooLate: number;
  /** Left to another run that was delivering the same occurrence. */
  already: number;
  /** How many did not arrive, by state and error code: `parked: is_archived`. */
  reasons: Record<string, number>;
  /** The first that did not arrive, by name; the ledger has them all. */
  failures: Failure[];
}

export interface Failure {
  notification: string;
  channel: string;
  state: Ending;
  code: string;
}

/** How a delivery can end without reaching its channel. */
export type Ending = keyof typeof COUNTED_AS;

/** What is counted in a run's progress for each of them. */
export const COUNTED_AS = {
  failed: 'failed',
  parked: 'parked',
  unconfirmed: 'unconfirmed',
  cancelled: 'cancelled',
  missed: 'tooLate',
} as const satisfies Partial<Record<DeliveryState, keyof DispatchProgress>>;

/** A count of a run's progress for people: "too late". */
export function countName(count: keyof DispatchProgress): string {
  return count === 'tooLate' ? 'too late' : count;
}

/** How far a run is, and what holds it back. */
export interface RunProgress extends DispatchProgress, Control {
  /** Set while it looks for what is due: its counts are not known yet. */
  claiming?: true;
  /** The delivery under way that was planned first; undefined where none is under way here, but in partitions of the run. */
  oldest?: { notification: string; channel: string; slot: string } | undefined;
  /** Workflow ids of the partitions under way. */
  partitions?: string[];
}

export interface ClaimRequest {
  dispatchId: string;
  /** ISO 8601. */
  nominalTime: string;
  /** When Temporal started the run, ISO 8601; a worker may have come later. */
  startedAt: string;
  selection: Selection;
  key?: string | undefined;
  spreadWindowS?: number | undefined;
  catchUpWindowS?: number | undefined;
}

export interface Claimed {
  /** Deliveries of this run; numbered from 0 in the order of their times. */
  due: number;
  /** Of them, those that go out late. */
  late: number;
  /** Those found too late to go out. */
  missed: number;
  /** How many deliveries of a run may be under way at once, as this worker is configured. */
  concurrency: number;
  /** The server knows the search attributes of deliveries. */
  searchable: boolean;
  /** Deliveries try a local activity first. */
  fastPath: boolean;
  after?: AfterRun;
}

/** Notices to owners that are to be delivered. */
export interface Notices {
  notices: ClaimedDelivery[];
  /** There is more to tell after these. */
  more: boolean;
}

/** A claimed delivery: ids and what the Web UI shows, never report data. */
export interface ClaimedDelivery {
  id: string;
  notificationId: string;
  occurrence: string;
  name: string;
  account: string;
  report: string;
  workspaceId: string;
  /** Its name where it is known, else its id. */
  channel: string;
  channelId: string;
  /** The time planned for its post, ISO 8601. */
  notBefore: string;
}

/** The workflow `dispatch`, for clients: they start it by its name, and load no workflow code. */
export type Dispatch = (input?: DispatchInput) => Promise<DispatchProgress>;
