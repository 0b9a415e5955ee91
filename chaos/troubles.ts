import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deliveryIdOf, type FaultSpec } from 'slack-sandbox';
import { channelName, type Moment, type Plan, type PlannedChannel } from './plan.ts';
import type { Requests } from './requests.ts';
import type { Restart } from './server.ts';
import { persist, until } from './wait.ts';
import type { World } from './world.ts';

/** A killed or frozen worker is noticed after the heartbeat time-out of `postMessage`, 20 s, in milliseconds. */
const NOTICED_MS = 25_000;
/** Longer than a statement may take (30 s), in milliseconds. */
const SWALLOW_MS = 35_000;
/** So long after the old token is refused the new one is there, in milliseconds. */
const TOKEN_LATE_MS = 3_000;

/** How long a call may take to come that is to be killed, in milliseconds. */
const CALL_DEADLINE_MS = 60_000;

export type Troubles = ReturnType<typeof startTroubles>;

/** Makes the moments of the plan happen, as Slack accepts messages. */
export function startTroubles(world: World, plan: Plan, requests: Requests, signal: AbortSignal) {
  const { sandbox, workers, server, storeServer } = world;
  const waiting = [...plan.moments];
  const counts = { accepted: 0, killedInGap: 0, killedInCall: 0, rotations: 0 };
  const underWay = new Set<Promise<void>>();
  const errors: unknown[] = [];
  /** Of each server one end at a time. */
  const restarting = { server: Promise.resolve(), store: Promise.resolve() };

  const begin = (work: () => Promise<void>): void => {
    const task: Promise<void> = work()
      .catch((error: unknown) => void errors.push(error))
      .finally(() => underWay.delete(task));
    underWay.add(task);
  };

  /** The workers are dead before Slack's answer leaves: a row that says `posting` proves it. */
  const killInGap = (id: string): void => {
    workers.killAll();
    begin(async () => {
      const row = await persist('find', async () => world.store.ledger.find(id), { signal });
      if (row?.state === 'posting') counts.killedInGap += 1;
    });
  };

  const killInCall = async (): Promise<void> => {
    const slow: FaultSpec = {
      method: 'chat.postMessage',
      when: 'before',
      action: { type: 'delay', ms: plan.slowAcceptMs },
    };
    const fault = sandbox.faults.add({ ...slow, times: 1 });
    const struck = await until(() => fault.fired > 0, { deadline: Date.now() + CALL_DEADLINE_MS, signal });
    if (!struck) return;
    workers.killAll();
    counts.killedInCall += 1;
  };

  /** All may have been killed just before. */
  const someoneAtWork = async (): Promise<void> => {
    await until(() => workers.atWork(), { deadline: Date.now() + CALL_DEADLINE_MS, signal });
  };

  const restart = (which: 'server' | 'store', how: Restart['how']): Promise<void> => {
    const one = which === 'server' ? server : storeServer;
    restarting[which] = restarting[which].then(async () => one?.restart({ how, awayMs: plan.awayMs }));
    return restarting[which];
  };

  /** Of all sound workspaces. In turn the new token is there before the old one is refused, and some seconds after. */
  const rotate = async (): Promise<void> => {
    counts.rotations += 1;
    const isLate = counts.rotations % 2 === 0;
    for (const space of plan.spaces.filter(({ trouble }) => trouble === 'none')) {
      const old = space.token;
      space.token = `${old.replace(/-r\d+$/, '')}-r${counts.rotations}`;
      recordToken(world, space, 'ok');
      const give = () => writeFile(join(world.folder, space.tokenFile), space.token);
      if (!isLate) await give();
      recordToken(world, { ...space, token: old }, 'revoked');
      if (!isLate) continue;
      await sleep(TOKEN_LATE_MS, undefined, { signal });
      await give();
    }
  };

  const slackAway = async (forMs: number): Promise<void> => {
    const { id } = sandbox.faults.add({ when: 'before', action: { type: 'status', status: 503 } });
    await sleep(forMs, undefined, { signal });
    sandbox.faults.remove(id);
  };

  const happen = async ({ what }: Moment): Promise<void> => {
    switch (what) {
      case 'kill_in_gap':
        return; // done within the acceptance
      case 'kill_in_call':
        return killInCall();
      case 'kill_one':
        await someoneAtWork();
        return workers.killOne();
      case 'stop_one':
        await someoneAtWork();
        return workers.stopOne();
      case 'stop_all':
        await someoneAtWork();
        return workers.stopAll();
      case 'stop_server':
      case 'kill_server':
        return restart('server', what === 'kill_server' ? 'kill' : 'stop');
      case 'stop_store':
      case 'kill_store':
        return restart('store', what === 'kill_store' ? 'kill' : 'stop');
      case 'rotate_tokens':
        return rotate();
      case 'move_channels':
        return moveChannels(world, plan, signal);
      case 'freeze_worker':
        await someoneAtWork();
        return workers.freezeOne(plan.settleSeconds * 3_000 + NOTICED_MS);
      case 'swallow_store':
        return storeServer?.swallow(SWALLOW_MS);
      case 'slack_away':
        return slackAway((plan.slackAwayS ?? 0) * 1_000);
      case 'revoke_token':
        return setTokens(world, plan, 'revoked');
      case 'mend_token':
        setTokens(world, plan, 'ok');
        for (const space of plan.spaces) {
          if (space.trouble === 'revoked') await requests.resume('workspace', space.id);
        }
        return;
      case 'archive':
        return setArchived(world, placesWith(plan, 'archived', 'restored'), true);
      case 'backfill_again':
        return requests.backfill('alpha');
      case 'trigger':
        return requests.trigger('alpha');
      case 'reset_run':
        return requests.reset('beta', { terminateFirst: false });
      case 'terminate_run':
        return requests.reset('alpha', { terminateFirst: true });
      case 'run_and_cancel':
        return requests.runAndCancel();
    }
  };

  const stop = sandbox.store.onChange((change) => {
    if (change.type !== 'message') return;
    counts.accepted += 1;
    const reached = waiting.filter(({ afterAccepted }) => afterAccepted <= counts.accepted);
    for (const moment of reached) {
      const inGap = moment.what === 'kill_in_gap';
      // The sender must be alive to be killed; else the next message will do.
      if (inGap && !workers.atWork()) continue;
      waiting.splice(waiting.indexOf(moment), 1);
      if (inGap) killInGap(deliveryIdOf(change.message.metadata) ?? '');
      begin(() => happen(moment));
    }
  });

  return {
    counts,
    errors,
    idle: () => underWay.size === 0,
    /** Moments that never came, since too few messages were accepted. */
    left: () => waiting.map(({ what }) => what),
    async [Symbol.asyncDispose](): Promise<void> {
      stop();
      while (underWay.size > 0) await Promise.all([...underWay, sleep(50)]);
    },
  };
}

export function setTokens(world: World, plan: Plan, state: 'ok' | 'revoked'): void {
  for (const space of plan.spaces) if (space.trouble === 'revoked') recordToken(world, space, state);
}

function recordToken({ sandbox }: World, { id, token, scopes }: Plan['spaces'][number], state: 'ok' | 'revoked'): void {
  sandbox.store.record({ type: 'token', token: { token, workspace: id, scopes, state } });
}

/** Every tenth notification of our table, of those in sound channels, goes to the next sound channel of its workspace. */
async function moveChannels(world: World, plan: Plan, signal: AbortSignal): Promise<void> {
  for (const { row, channel } of plan.items.filter((_, index) => index % 10 === 0)) {
    if (channel.trouble !== 'none') continue;
    const sound = plan.places.filter((place) => place.trouble === 'none' && place.workspace === channel.workspace);
    const next = sound[(sound.indexOf(channel) + 1) % sound.length] ?? channel;
    const set = { channel: next.id, channel_name: `#${channelName(next)}` };
    await persist(
      'move',
      () => world.store.db.updateTable('notifications').set(set).where('id', '=', row.id).execute(),
      {
        signal,
      },
    );
  }
}

export function setArchived({ sandbox }: World, places: PlannedChannel[], archived: boolean): void {
  for (const { id } of places) {
    const channel = sandbox.store.channels.get(id);
    if (channel !== undefined) sandbox.store.record({ type: 'channel', channel: { ...channel, archived } });
  }
}

export function placesWith(plan: Plan, ...troubles: PlannedChannel['trouble'][]): PlannedChannel[] {
  return plan.places.filter(({ trouble }) => troubles.includes(trouble));
}
