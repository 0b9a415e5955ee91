import { WORKFLOWS } from '../src/contract/names.ts';
import { randomUUID } from 'node:crypto';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { startRun } from '../src/runs/start.ts';
import { schedules } from '../src/schedule.ts';
import type { Selection } from '../src/domain/selection.ts';
import type { Parked } from '../src/store/parking.ts';
import type { dispatch } from '../src/workflows/dispatch.ts';
import type { Plan } from './plan.ts';
import { idInLedger } from './source.ts';
import type { World } from './world.ts';
import { persist, until } from './wait.ts';

/** Each delivery is accounted for, so each one goes out; none is too late within one run of chaos. */
const EACH = { withinMs: 24 * 3_600_000, allOccurrences: true } as const;
/** Workflow id of the run that is called off, and how long it may take to claim something, in milliseconds. */
const CALLED_OFF = 'called-off';
const CLAIM_DEADLINE_MS = 20_000;
const SCHEDULES = ['alpha', 'beta'] as const;
type Schedule = (typeof SCHEDULES)[number];

export type Requests = ReturnType<typeof requests>;

/** What the people who use the product ask for; asked again while the server is down. */
export function requests({ client, store, taskQueue }: World, plan: Plan, signal: AbortSignal) {
  const all = schedules(client, taskQueue);
  const nominalTime = plan.nominal.toISOString();
  const calledOff = plan.items.filter(({ group }) => group === 'called_off').map(({ row }) => idInLedger(plan, row));
  /** Runs that were asked for by hand: Temporal does not tell what they stand for. */
  const byHand: { notifications: string[]; nominal: Date }[] = [];

  const ask = async <Result>(what: string, call: () => Promise<Result>) => persist(what, call, { signal });
  const start = (selection: Selection, id: string) =>
    ask(id, () =>
      client.workflow.start<typeof dispatch>(WORKFLOWS.dispatch, {
        workflowId: id,
        taskQueue,
        args: [{ selection, nominalTime }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    );

  return {
    byHand,

    /** Paused, so that nothing but what is asked for here starts a run. */
    async createSchedules(): Promise<void> {
      for (const id of SCHEDULES) await all.create({ id, cron: '0 * * * *', timezone: 'UTC', paused: true });
    },

    /** A run for the last full hour, as the schedule itself would have started it. */
    async backfill(id: Schedule): Promise<void> {
      await ask(`backfill ${id}`, () => client.schedule.getHandle(id).backfill(spanOf(plan)));
    },

    /** Another run that means the same occurrences. */
    async twin(id: Schedule): Promise<void> {
      await start({ kind: 'due', schedule: id }, `twin/${id}`);
    },

    /** A run on which nothing is due: it takes over what others have left. */
    async tick(): Promise<void> {
      await start({ kind: 'due', schedule: 'without-riders' }, 'tick');
    },

    /** A run whose nominal time is now: what Temporal says of it later counts as asked for. */
    async trigger(id: Schedule): Promise<void> {
      await ask(`trigger ${id}`, () => all.trigger(id));
    },

    /** Starts the run of a backfill again from its first step, as an operator does with `temporal workflow reset`. */
    async reset(id: Schedule, { terminateFirst }: { terminateFirst: boolean }): Promise<void> {
      const handle = client.workflow.getHandle(runOf(id, nominalTime));
      if (terminateFirst) {
        // It may have ended by itself.
        await ask('terminate', () => handle.terminate('chaos').catch(unlessUnavailable));
      }
      const requestId = randomUUID();
      await ask('reset', async () => {
        const { events } = await handle.fetchHistory();
        const first = events?.find((event) => event.workflowTaskCompletedEventAttributes);
        const { runId, status } = await handle.describe();
        if (!first?.eventId) {
          if (status.name === 'RUNNING') throw new Error('the run has not begun');
          // Terminated before its first step: there is no step to reset to.
          return client.schedule.getHandle(id).backfill(spanOf(plan));
        }
        await client.workflowService.resetWorkflowExecution({
          namespace: 'default',
          workflowExecution: { workflowId: handle.workflowId, runId },
          reason: 'chaos',
          workflowTaskFinishEventId: first.eventId,
          requestId,
        });
      });
    },

    /** A run by hand that is cancelled as soon as it has claimed something. */
    async runAndCancel(): Promise<void> {
      if (calledOff.length === 0) return;
      byHand.push({ notifications: calledOff, nominal: plan.nominal });
      const handle = await start({ kind: 'notifications', ids: calledOff }, CALLED_OFF);
      const claimed = async () =>
        (await ask('claimed', () => store.deliveries.list({ dispatchId: CALLED_OFF }, 1))).length > 0;
      await until(claimed, { deadline: Date.now() + CLAIM_DEADLINE_MS, signal });
      await ask('cancel', () => handle.cancel().catch(unlessUnavailable));
    },

    async resume(kind: Parked['kind'], id: string): Promise<void> {
      await ask(`resume ${id}`, () =>
        startRun(client, { taskQueue, selection: { kind: 'parked', owner: { kind, id }, ...EACH } }),
      );
    },

    async redrive(channel: string): Promise<void> {
      await ask(`redrive ${channel}`, () =>
        startRun(client, { taskQueue, selection: { kind: 'failed', which: { channel }, ...EACH } }),
      );
    },
  };
}

function spanOf({ nominal }: Plan) {
  const time = nominal.getTime();
  const overlap = ScheduleOverlapPolicy.ALLOW_ALL;
  return { start: new Date(time - 60_000), end: new Date(time + 1_000), overlap };
}

/** How the server names the run of a schedule's action: to the second. */
function runOf(scheduleId: string, nominalTime: string): string {
  return `dispatch/${scheduleId}-${nominalTime.replace('.000Z', 'Z')}`;
}

/** gRPC's UNAVAILABLE, DEADLINE_EXCEEDED and CANCELLED: the server is down. Anything else means that there is nothing to do. */
function unlessUnavailable(error: unknown): void {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code } = current as { code?: unknown };
    if (code === 14 || code === 4 || code === 1) throw error;
  }
}
