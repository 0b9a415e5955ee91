import { PREFIX } from '../src/contract/names.ts';
import type { Parked } from '../src/store/parking.ts';
import { IS_OPEN } from '../src/store/schema.ts';
import { REFUSAL } from './fault-mix.ts';
import type { Plan } from './plan.ts';
import type { Requests } from './requests.ts';
import { idInLedger } from './source.ts';
import { placesWith, setArchived, setTokens, type Troubles } from './troubles.ts';
import { until } from './wait.ts';
import type { World } from './world.ts';

/** Looks in a row at which nothing ran: a schedule's workflow may be about to start a run. */
const QUIET_LOOKS = 6;
/** Longer than anything waits: a call's 15 s, the noticing of a kill, half a minute's Retry-After, a back-off of 64 s. */
const STALLED_AFTER_MS = 100_000;
/** A stale refusal can park a delivery again that was just resumed; a person would look again too. */
const FIX_ROUNDS = 5;

/** Longer than src/store/claims/claims.ts has it. */
const ORPHAN_AGE_MS = 16 * 60_000;

interface Limits {
  deadline: number;
  signal: AbortSignal;
}

/**
 * Waits until no workflow runs and nothing more is about to happen. `stalled`: some workflow runs, and nothing moves any
 * more; `out_of_time`: the deadline passed first.
 */
export async function untilRest(
  world: World,
  troubles: Troubles,
  limits: Limits,
): Promise<'rest' | 'stalled' | 'out_of_time'> {
  const { client, store } = world;
  const seen = { quiet: 0, state: '', since: Date.now() };
  const ended = await until(async () => {
    // The servers may be on their way down or up.
    const running = await countRunning(client).catch(() => undefined);
    const states = await store.deliveries.countByState({}).catch(() => undefined);
    const state = JSON.stringify([running, states, troubles.counts.accepted, troubles.idle()]);
    if (state !== seen.state) Object.assign(seen, { state, since: Date.now() });
    seen.quiet = running === 0 && states !== undefined && troubles.idle() ? seen.quiet + 1 : 0;
    return seen.quiet >= QUIET_LOOKS || Date.now() - seen.since > STALLED_AFTER_MS;
  }, limits);
  if (!ended) return 'out_of_time';
  return seen.quiet >= QUIET_LOOKS ? 'rest' : 'stalled';
}

/** Waits until all moments have come and passed; or until it is clear that one never will. */
export async function untilMomentsOver(world: World, troubles: Troubles, limits: Limits): Promise<void> {
  const decided = new AbortController();
  const both = { ...limits, signal: AbortSignal.any([limits.signal, decided.signal]) };
  const over = async () => until(() => troubles.left().length === 0 && troubles.idle(), both);
  await Promise.race([over(), untilRest(world, troubles, both)]).finally(() => decided.abort());
}

export async function countRunning(client: World['client']): Promise<number> {
  const running = `ExecutionStatus = 'Running' AND WorkflowType STARTS_WITH '${PREFIX}'`;
  return (await client.workflow.count(running)).count;
}

/** What a person does when the alarm has gone off: fixes everything that can be fixed, and resumes it. */
export async function fixAll(
  world: World,
  plan: Plan,
  { requests, troubles, limits }: { requests: Requests; troubles: Troubles; limits: Limits },
): Promise<void> {
  setTokens(world, plan, 'ok');
  setArchived(world, placesWith(plan, 'restored'), false);
  const fixed = placesWith(plan, 'relents');
  for (const { id, action, channel } of world.sandbox.faults.list()) {
    const refuses = action.type === 'error' && action.error === REFUSAL;
    if (refuses && fixed.some((place) => place.id === channel)) world.sandbox.faults.remove(id);
  }
  for (let round = 0; round < FIX_ROUNDS; round += 1) {
    // A workspace whose token rotates is released by the next run, without a person.
    if ((plan.rotations ?? 0) > 0) {
      await requests.tick();
      await untilRest(world, troubles, limits);
    }
    const parked = (await world.store.parking.list()).filter((one) => canBeMended(plan, one));
    for (const { kind, id } of parked) await requests.resume(kind, id);
    // A refusal that was under way may come in after the last round.
    for (const { id } of fixed) await requests.redrive(id);
    await untilRest(world, troubles, limits);
    if (parked.length === 0) return;
  }
}

/**
 * What a run left open that was terminated, or that found a delivery's earlier workflow still closing: the next tick takes
 * it over when it has lain for a quarter of an hour. That time is made to pass here. Returns how many there were.
 */
export async function adoptLeftovers(
  world: World,
  { requests, troubles, limits }: { requests: Requests; troubles: Troubles; limits: Limits },
): Promise<number> {
  const longAgo = new Date(Date.now() - ORPHAN_AGE_MS).toISOString();
  const { numUpdatedRows } = await world.store.db
    .updateTable('deliveries')
    .set({ claimed_at: longAgo, not_before: longAgo })
    .where(IS_OPEN)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return 0;
  await requests.tick();
  await untilRest(world, troubles, limits);
  return Number(numUpdatedRows);
}

function canBeMended(plan: Plan, { kind, id }: Parked): boolean {
  if (kind === 'workspace') {
    const rotates = (plan.rotations ?? 0) > 0 && plan.spaces.find((space) => space.id === id)?.trouble === 'none';
    return !rotates;
  }
  const trouble = plan.items.find(({ row }) => idInLedger(plan, row) === id)?.channel.trouble;
  return trouble !== 'closed' && trouble !== 'archived';
}
