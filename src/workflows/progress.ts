import { defineQuery } from '@temporalio/workflow';

/** How far a run is; when it has ended, its result. */
export interface DispatchProgress {
  /** The time the run stands for, ISO 8601 UTC. */
  nominalTime: string;
  /** Notifications due, each with its delivery in the ledger. */
  due: number;
  delivered: number;
  failed: number;
  /** Left to another run that was delivering the same occurrence. */
  already: number;
  /** The first failures by name; the ledger has them all. */
  failures: { notification: string; channel: string; code: string }[];
}

export const progressQuery = defineQuery<DispatchProgress>('progress');
