import { defineQuery } from '@temporalio/workflow';

/** How far a run is; when it has ended, its result. */
export interface DispatchProgress {
  /** The time the run stands for, ISO 8601 UTC. */
  nominalTime: string;
  /** Deliveries this run has to see to; each is in the ledger. */
  due: number;
  delivered: number;
  /** Slack refused the message, or the report could not be made. */
  failed: number;
  /** Waiting for somebody to mend the channel or the workspace; `resume` sends them. */
  parked: number;
  /** Slack may have them; a person has to look. */
  unconfirmed: number;
  cancelled: number;
  /** Left to another run that was delivering the same occurrence. */
  already: number;
  /** The first that did not arrive, by name; the ledger has them all. */
  failures: Failure[];
}

interface Failure {
  notification: string;
  channel: string;
  state: Ending;
  code: string;
}

/** How a delivery can end without reaching its channel. */
export type Ending = 'failed' | 'parked' | 'unconfirmed' | 'cancelled';

export const progressQuery = defineQuery<DispatchProgress>('progress');

export function startOf(run: { nominalTime: string; due: number }): DispatchProgress {
  return { ...run, delivered: 0, failed: 0, parked: 0, unconfirmed: 0, cancelled: 0, already: 0, failures: [] };
}
