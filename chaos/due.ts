import { WORKFLOWS } from '../src/contract/names.ts';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { deliveryId } from '../src/domain/occurrence.ts';
import type { DeliveryState } from '../src/domain/delivery.ts';
import type { Due } from './compare.ts';
import { REFUSAL } from './fault-mix.ts';
import { idInLedger } from './source.ts';
import type { Plan, PlannedNotification } from './plan.ts';
import type { Requests } from './requests.ts';
import type { World } from './world.ts';

const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', SearchAttributeType.KEYWORD);
const HOUR_MS = 3_600_000;

/**
 * Everything that was due: what was asked for, by Temporal's own record of what its schedules started. The product's
 * ledger is not asked.
 */
export async function dueOf(plan: Plan, { client }: World, { byHand }: Requests): Promise<Due[]> {
  const runs = new Map<string, { schedule: string; nominal: Date }>();
  // Two that were asked for in any case, whether or not Temporal has started them.
  for (const schedule of ['alpha', 'beta']) runs.set(schedule, { schedule, nominal: plan.nominal });
  for await (const { workflowId, typedSearchAttributes } of client.workflow.list({
    query: `WorkflowType = '${WORKFLOWS.dispatch}'`,
  })) {
    const nominal = typedSearchAttributes.get(SCHEDULED_START);
    const schedule = typedSearchAttributes.get(SCHEDULED_BY);
    if (nominal !== undefined && schedule !== undefined) runs.set(workflowId, { schedule, nominal });
  }
  const due = plan.items.flatMap((item) => {
    const { due: when } = item.row;
    const ridden = [...runs.values()].filter(
      ({ schedule }) => when.kind === 'schedule' && schedule === when.scheduleId,
    );
    const wanted = byHand.filter(({ notifications }) => notifications.includes(idInLedger(plan, item.row)));
    const instants = [...ridden, ...wanted].map(({ nominal }) => dueAt(plan, item, instantOf(nominal), false));
    return [...instants, ...ownOccurrences(plan, item)];
  });
  return [...new Map(due.map((one) => [one.id, one])).values()];
}

/** Hourly; of the occurrences that had passed before the first run only the newest goes out. A run takes less than an hour. */
function ownOccurrences(plan: Plan, item: PlannedNotification): Due[] {
  const { newestOwn } = plan;
  const { due } = item.row;
  if (due.kind !== 'recurrence' || due.nextDueAt === undefined) return [];
  const from = new Date(due.nextDueAt).getTime();
  const count = (newestOwn.getTime() - from) / HOUR_MS + 1;
  const occurrences = Array.from({ length: count }, (_, index) => from + index * HOUR_MS);
  return occurrences.map((at) => {
    const tooLate = at < newestOwn.getTime();
    return dueAt(plan, item, `${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)}[UTC]`, tooLate);
  });
}

export function dueAt(plan: Plan, item: PlannedNotification, occurrence: string, tooLate: boolean): Due {
  const id = idInLedger(plan, item.row);
  const identity = { id: deliveryId(id, occurrence), notificationId: id, occurrence };
  return { ...identity, mayEnd: tooLate ? MISSED : mayEnd(plan, item), optional: item.group === 'called_off' };
}

/** A rider's slot, to the second. */
export function instantOf(nominal: Date): string {
  return `${nominal.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`;
}

type Endings = readonly (readonly [DeliveryState, string])[];

const MISSED: Endings = [['missed', 'missed']];

/** By what is done to its channel, its workspace and its run. Unconfirmed: an answer was lost, and then the channel could not be read. */
const BY_CHANNEL: Record<PlannedNotification['channel']['trouble'], Endings> = {
  none: [],
  join: [['unconfirmed', 'not_in_channel']],
  closed: [
    ['parked', 'channel_not_found'],
    ['unconfirmed', 'channel_not_found'],
  ],
  archived: [['parked', 'is_archived']],
  restored: [],
  refuses: [['failed', REFUSAL]],
  relents: [],
};
const BY_WORKSPACE: Record<PlannedNotification['channel']['workspace']['trouble'], Endings> = {
  none: [],
  // Two slots of one notification that were both parked: the newer one goes out when the workspace is released.
  revoked: [
    ['unconfirmed', 'token_revoked'],
    ['missed', 'newer_sent'],
  ],
  unreadable: [['unconfirmed', 'missing_scope']],
};
/** Refused blocks, and the plain text instead refused too: two faults in a row. */
const ANYWHERE: Endings = [['failed', 'invalid_blocks']];
const CALLED_OFF: Endings = [
  ['cancelled', 'cancelled'],
  ['unconfirmed', 'cancelled'],
];

export function mayEnd({ rotations = 0 }: Plan, { channel, group }: PlannedNotification): Endings {
  const called = group === 'called_off' ? CALLED_OFF : [];
  const rotated: Endings = rotations > 0 && channel.workspace.trouble === 'none' ? BY_WORKSPACE.revoked : [];
  return [
    ...ANYWHERE,
    ...rotated,
    ...BY_CHANNEL[channel.trouble],
    ...BY_WORKSPACE[channel.workspace.trouble],
    ...called,
  ];
}
