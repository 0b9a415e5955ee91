import type { Notification } from '../domain/notification.ts';
import { messageOf } from '../lib/errors.ts';
import { isListening } from '../lib/ports.ts';
import type { Context } from './context.ts';

/** How long a server may take to accept a connection, and then for the rest, in milliseconds. */
const CONNECT_MS = 1_000;
const DEADLINE_MS = 5_000;
const DEFAULT_PORT = 7_233;

/**
 * Brings the times of the schedule `tick` up to date after a change of notifications. Without a Temporal server the change
 * stays, and the next fire, at most an hour later, sees it.
 */
export async function followDueAfter(context: Context, changed?: Pick<Notification, 'due' | 'enabled'>): Promise<void> {
  // Other changes need no new fires.
  if (changed !== undefined && !(changed.enabled && changed.due.kind === 'recurrence')) return;
  const store = await context.store();
  if ((await store.dueTimes.needs(new Date())).due.length === 0) return;
  try {
    if (!context.ownsTemporal) await assertListening(context.config.temporal.connection.address);
    const client = await context.temporal();
    // Loaded here, as the client is: it brings Temporal's client with it.
    const { followDue } = await import('../scheduling/follow-due.ts');
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      followDue(client, context.taskQueue, { readNeeds: store.dueTimes.needs }),
    );
  } catch (error) {
    context.note(`couldn't bring the schedule tick up to date, it does so within an hour: ${messageOf(error)}`);
  }
}

/** A client would try for longer. */
async function assertListening(address = `127.0.0.1:${DEFAULT_PORT}`): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const listens = await isListening(Number(port || DEFAULT_PORT), hostname.replaceAll(/[[\]]/g, ''), CONNECT_MS);
  if (!listens) throw new Error(`no Temporal server answers at ${address}`);
}
