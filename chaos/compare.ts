import type { OracleReport } from 'slack-sandbox';
import type { Delivery, DeliveryState } from '../src/domain/delivery.ts';

/** An occurrence that was due, known from what was asked for, not from the ledger. */
export interface Due {
  id: string;
  notificationId: string;
  occurrence: string;
  /** How it may end without being delivered: state and error code. Everything else is unexplained. */
  mayEnd: readonly (readonly [DeliveryState, string])[];
  /** Its run was called off, perhaps before it had claimed anything. */
  optional?: boolean;
}

export type LedgerRow = Pick<
  Delivery,
  'id' | 'notificationId' | 'occurrence' | 'channel' | 'state' | 'messageTs' | 'error' | 'log'
>;
type Message = OracleReport['messages'][number];

/**
 * - `lost`: due and not in the ledger; or delivered by the ledger and not in Slack; or at rest in a state that is no end.
 * - `doubled`: more than one message.
 * - `hidden`: accepted too soon after another, so that Slack shows it to no one.
 * - `wrong_state`: Slack has it and the ledger says it was not posted; or it is another message than the ledger says.
 * - `unexplained`: ended in a way that nothing that was done to it accounts for.
 * - `stray`: a row or a message that was not asked for.
 */
export type FindingKind = 'lost' | 'doubled' | 'hidden' | 'wrong_state' | 'unexplained' | 'stray';

export interface Finding {
  kind: FindingKind;
  id: string;
  what: string;
  row: LedgerRow | undefined;
  messages: readonly Message[];
}

const NO_END: readonly DeliveryState[] = ['pending', 'posting'];
const NOT_POSTED: readonly DeliveryState[] = ['failed', 'parked', 'cancelled', 'missed', 'skipped'];

/** Compares what was due, what the ledger says and what Slack accepted. Empty when they agree. */
export function compare(world: {
  due: readonly Due[];
  rows: readonly LedgerRow[];
  messages: readonly Message[];
}): Finding[] {
  const due = new Map(world.due.map((one) => [one.id, one]));
  const rows = new Map(world.rows.map((row) => [row.id, row]));
  const messages = Map.groupBy(world.messages, ({ deliveryId }) => deliveryId ?? '(no delivery id)');
  const ids = new Set([...due.keys(), ...rows.keys(), ...messages.keys()]);
  return [...ids].flatMap((id) => {
    const found = { id, row: rows.get(id), messages: messages.get(id) ?? [] };
    const problems = [...hiddenOnes(found.messages), ...problemsOf(due.get(id), found.row, found.messages)];
    return problems.map(([kind, what]) => ({ kind, what, ...found }));
  });
}

type Problem = readonly [FindingKind, string];

function hiddenOnes(messages: readonly Message[]): Problem[] {
  const hidden = messages.filter((message) => message.hidden);
  return hidden.length === 0 ? [] : [['hidden', tsOf(hidden)]];
}

function problemsOf(due: Due | undefined, row: LedgerRow | undefined, messages: readonly Message[]): Problem[] {
  const doubled: Problem[] =
    messages.length > 1 ? [['doubled', `Slack accepted ${messages.length} messages: ${tsOf(messages)}`]] : [];
  if (due === undefined) return [...doubled, ['stray', `not asked for (${row?.state ?? 'not in the ledger'})`]];
  if (row === undefined) {
    if (due.optional === true && messages.length === 0) return [];
    return [...doubled, ['lost', `due and not in the ledger; Slack has ${messages.length} messages of it`]];
  }
  return [...doubled, ...rowProblems(due, row, messages)];
}

function rowProblems(due: Due, row: LedgerRow, messages: readonly Message[]): Problem[] {
  const { state } = row;
  if (NO_END.includes(state)) return [['lost', `at rest as ${state}`]];
  if (state === 'delivered') return deliveredProblems(row, messages);
  if (NOT_POSTED.includes(state) && messages.length > 0) {
    return [['wrong_state', `${state} (${row.error?.code}), and Slack accepted ${tsOf(messages)}`]];
  }
  const explained = due.mayEnd.some(([may, code]) => may === state && code === row.error?.code);
  return explained ? [] : [['unexplained', `${state} (${row.error?.code}: ${row.error?.message})`]];
}

function deliveredProblems(row: LedgerRow, messages: readonly Message[]): Problem[] {
  const seen = messages.filter(({ hidden }) => !hidden);
  if (seen.length === 0) return [['lost', 'delivered by the ledger, and not visible in Slack']];
  const same = seen.some(({ ts, channel }) => ts === row.messageTs && channel === row.channel);
  return same ? [] : [['wrong_state', `delivered as ${row.channel} ${row.messageTs}, and Slack has ${tsOf(seen)}`]];
}

function tsOf(messages: readonly Message[]): string {
  return messages.map(({ channel, ts }) => `${channel} ${ts}`).join(', ');
}
