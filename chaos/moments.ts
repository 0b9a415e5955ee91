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
    /** SIGTERM for one worker: a deployment. */
    | 'stop_one'
    | 'stop_server'
    | 'kill_server'
    | 'revoke_token'
    | 'mend_token'
    | 'archive'
    | 'backfill_again'
    | 'trigger'
    | 'reset_run'
    | 'terminate_run'
    | 'run_and_cancel';
}

const KILLS = ['kill_in_gap', 'kill_in_call', 'kill_in_gap', 'kill_one'] as const;

export function planMoments(options: ChaosOptions, items: readonly PlannedNotification[], random: Random): Moment[] {
  // Messages of the first two backfills and the own recurrences: moments lie within, so that every one of them comes.
  const sure = items.filter(({ group, channel }) => group !== 'called_off' && channel.trouble === 'none').length;
  const at = (from: number, to: number) => Math.max(1, Math.round(sure * (from + random.next() * (to - from)) * 0.7));
  const kills = Array.from({ length: options.kills }, (_, index) => {
    const share = index / options.kills;
    return { afterAccepted: at(share, share + 1 / options.kills), what: KILLS[index % KILLS.length] ?? 'kill_one' };
  });
  const stops =
    options.seed % 2 === 0 ? (['stop_server', 'kill_server'] as const) : (['kill_server', 'stop_server'] as const);
  const restarts = Array.from({ length: options.serverRestarts }, (_, index) => {
    const share = index / options.serverRestarts;
    return { afterAccepted: at(share, share + 1 / options.serverRestarts), what: stops[index % 2] ?? 'stop_server' };
  });
  const others: Moment[] = [
    { afterAccepted: at(0.1, 0.3), what: 'revoke_token' },
    { afterAccepted: at(0.7, 0.9), what: 'mend_token' },
    { afterAccepted: at(0.2, 0.5), what: 'archive' },
    { afterAccepted: at(0.2, 0.9), what: 'stop_one' },
    { afterAccepted: at(0.1, 0.5), what: 'backfill_again' },
    { afterAccepted: at(0.3, 0.6), what: 'trigger' },
    { afterAccepted: at(0.3, 0.8), what: 'reset_run' },
    { afterAccepted: at(0.4, 0.9), what: 'terminate_run' },
    { afterAccepted: at(0.5, 1), what: 'run_and_cancel' },
  ];
  return [...kills, ...restarts, ...others].toSorted((a, b) => a.afterAccepted - b.afterAccepted);
}
