import type { ChaosOptions, PlannedNotification } from './plan.ts';
import type { Random } from './random.ts';

/** Something that happens to the system when Slack has accepted so many messages: counted, not timed, to be repeatable. */
export interface Moment {
  afterAccepted: number;
  what:
    /** SIGKILL for every worker inside the acceptance itself: Slack has the message, and nobody will hear of it. */
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

export function planMoments(options: ChaosOptions, items: readonly PlannedNotification[], random: Random): Moment[] {
  // Messages of the first two backfills and the own recurrences: moments lie within, so that every one of them comes.
  const sure = items.filter(({ group, channel }) => group !== 'called_off' && channel.trouble === 'none').length;
  const at = (from: number, to: number) => Math.max(1, Math.round(sure * (from + random.next() * (to - from)) * 0.7));
  /** So many, each in a stretch of its own, and the kinds in turn; from another one on in each seed. */
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
