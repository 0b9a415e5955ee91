import { type ClientOptions, contextOf } from './context.ts';
import { deliveriesOf } from './deliveries.ts';
import { notificationsOf } from './notifications.ts';
import { previewsOf } from './preview.ts';
import { runsOf } from './runs.ts';
import { sendsOf } from './sends.ts';

/** Everything that the command line does, for programs: what `slackReportsClient` returns. */
export interface SlackReportsClient extends AsyncDisposable {
  /** What is sent, to which channel, and when. */
  readonly notifications: ReturnType<typeof notificationsOf>;
  /** Messages as they would be sent. */
  readonly previews: ReturnType<typeof previewsOf>;
  /** Runs: start, follow, cancel. */
  readonly runs: ReturnType<typeof runsOf>;
  /** Sends at a time. */
  readonly sends: ReturnType<typeof sendsOf>;
  /** The ledger: how each occurrence ended, and how to send it again. */
  readonly deliveries: ReturnType<typeof deliveriesOf>;
  /** Closes the store and the connection that it opened; not a `temporal` of yours. `await using` does the same. */
  close(): Promise<void>;
}

/**
 * What the commands do, from a program: notifications, previews, runs, sends and deliveries. Nothing is opened or connected
 * before it is needed; it ends with `await using`, or by its `close`. Errors that you can fix are a `UserError`, with a `code`,
 * a message and a `hint`.
 * Throws a UserError `invalid_configuration` for a wrong setting in the environment.
 * @example
 * await using client = slackReportsClient({ store: process.env.DATABASE_URL });
 * await client.notifications.add({
 *   id: 'acme-weekly', account: 'acme', report: 'delivery-digest', channel: 'C0123456789', every: 'monday at 09:00',
 *   timezone: 'Europe/Berlin',
 * });
 * const run = await client.runs.start({ selection: { kind: 'notifications', ids: ['acme-weekly'] } });
 * console.log(await client.runs.follow(run));
 */
export function slackReportsClient(options: ClientOptions = {}): SlackReportsClient {
  const context = contextOf(options);
  const close = async () => context[Symbol.asyncDispose]();
  return {
    notifications: notificationsOf(context),
    previews: previewsOf(context),
    runs: runsOf(context),
    sends: sendsOf(context),
    deliveries: deliveriesOf(context),
    close,
    [Symbol.asyncDispose]: close,
  };
}
