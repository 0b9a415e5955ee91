import { accountActivity } from './account-activity.ts';
import type { AnyReport } from './report.ts';

/** Every report that notifications can ask for. Add yours here. */
export const reports: readonly AnyReport[] = [accountActivity];

export function findReport(name: string): AnyReport | undefined {
  return reports.find((report) => report.name === name);
}
