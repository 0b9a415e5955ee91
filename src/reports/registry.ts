import { relative, resolve } from 'node:path';
import { UserError } from '../lib/errors.ts';
import { didYouMean } from '../lib/similar.ts';
import { deliveryDigest } from './built-in/delivery-digest.ts';
import { readReportFolder } from './folder.ts';
import { httpHealth } from './built-in/http-health.ts';
import { metricDigest } from './built-in/metric-digest.ts';
import type { AnyReport } from './define.ts';
import type { Sample } from './sample.ts';

/** The reports that come with slack-reports. Your own are files in a folder of yours: docs/reports.md. */
const BUILT_IN: readonly AnyReport[] = [deliveryDigest, httpHealth, metricDigest];

export interface FoundReport {
  report: AnyReport;
  /** Undefined for a built-in one. */
  file: string | undefined;
}

/** Every report that notifications can ask for. */
export interface Reports {
  readonly all: readonly FoundReport[];
  find(name: string): AnyReport | undefined;
  /** Throws a UserError that names what there is. */
  get(name: string): FoundReport;
}

/**
 * The built-in reports, those of the folder, and those of the sample. Throws a UserError for a broken file, and for a name
 * that two reports have.
 */
export async function loadReports(folder: string | undefined, sample: Sample | undefined): Promise<Reports> {
  const own = await readReportFolder(folder);
  const isOwn = sample === undefined || (folder !== undefined && resolve(folder) === resolve(sample.reports));
  return reportsWith(isOwn ? own : [...own, ...(await readReportFolder(relative('', sample.reports)))]);
}

export function reportsWith(own: readonly FoundReport[]): Reports {
  const byName = new Map<string, FoundReport>();
  for (const found of [...BUILT_IN.map((report) => ({ report, file: undefined })), ...own]) {
    const { name } = found.report;
    const other = byName.get(name);
    if (other !== undefined) {
      throw UserError.input('duplicate_report', `${found.file ?? name}: a report "${name}" exists already`, {
        hint: `The other one is ${other.file ?? 'built in'}. Give one of them another name.`,
      });
    }
    byName.set(name, found);
  }
  return {
    all: [...byName.values()],
    find: (name) => byName.get(name)?.report,
    get(name) {
      const found = byName.get(name);
      if (found !== undefined) return found;
      const hints = [didYouMean(name, byName.keys()), `There is: ${[...byName.keys()].join(', ')}.`];
      throw UserError.input('unknown_report', `report: there is no report "${name}"`, {
        hint: hints.filter((hint) => hint !== undefined).join(' '),
      });
    },
  };
}
