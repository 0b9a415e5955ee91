import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { noopMetricMeter } from '@temporalio/common';

const SILENT = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Runs what an activity does, as if Temporal had scheduled it. */
export function inActivity<Result>(info: Partial<Info>, work: () => Promise<Result>): Promise<Result> {
  const never = new Promise<never>(() => {});
  const { signal } = new AbortController();
  const context = new Context(info as Info, never, signal, () => {}, undefined, SILENT, noopMetricMeter, {});
  return asyncLocalStorage.run(context, work);
}
