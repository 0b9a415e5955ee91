import { existsSync, readdirSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { moduleFile } from '../lib/module-file.ts';
import { messageOf, UserError } from '../lib/errors.ts';
import type { AnyReport } from './define.ts';

/** Where reports of one's own are looked for unless SLACK_REPORTS_DIR or `--reports` says otherwise. */
export const OWN_REPORTS = 'my-reports';

/**
 * The reports that the `.ts` and `.js` files of a folder export; tests and subfolders are passed over. Without a folder:
 * those of `my-reports`, where there is one. Throws a UserError that names the file and the reason.
 */
export async function readReportFolder(folder: string | undefined): Promise<{ report: AnyReport; file: string }[]> {
  if (folder === undefined && !existsSync(OWN_REPORTS)) return [];
  const path = folder ?? OWN_REPORTS;
  const found = [];
  for (const name of filesIn(path)) {
    const file = join(path, name);
    for (const report of reportsIn(file, await load(file))) found.push({ report, file });
  }
  return found;
}

/** The first report that a file exports. */
export async function readReport(file: string): Promise<AnyReport> {
  const [report] = reportsIn(file, await load(file));
  if (report === undefined) throw UserError.input('broken_report', `${file} exports no report`);
  return report;
}

function filesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
    return names
      .map((entry) => entry.name)
      .filter((name) => /\.m?[tj]s$/.test(name) && !/\.(?:test|d)\.m?[tj]s$/.test(name))
      .toSorted();
  } catch (error) {
    throw UserError.input('no_report_folder', `Cannot read the reports in ${folder}: ${messageOf(error)}`, {
      hint: 'It is set by --reports or SLACK_REPORTS_DIR. `slack-reports report new <name>` makes a folder with a report.',
    });
  }
}

/** Whatever is installed next to the folder, its files import the functions of the program that runs them. */
export function ourOwnFunctions(): Disposable {
  const urls: Readonly<Record<string, string>> = {
    'slack-reports/reports': pathToFileURL(moduleFile('index', import.meta.url)).href,
    'slack-reports/sources': pathToFileURL(moduleFile('../sources/index', import.meta.url)).href,
  };
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const url = urls[specifier];
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
  });
  return { [Symbol.dispose]: () => hooks.deregister() };
}

async function load(file: string): Promise<Record<string, unknown>> {
  using _ = ourOwnFunctions();
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    throw UserError.input('broken_report', `${file} cannot be loaded: ${messageOf(error)}${placeIn(error, file)}`, {
      hint: 'Fix the file, or move it out of the folder.',
      cause: error,
    });
  }
}

/** ", at line 3, column 7" where the stack leads into the file itself. */
function placeIn(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const after = stack.split(pathToFileURL(resolve(file)).href)[1] ?? '';
  const place = /^:(\d+)(?::(\d+))?/.exec(after);
  if (place === null) return '';
  return ` (line ${place[1]}${place[2] === undefined ? '' : `, column ${place[2]}`})`;
}

function reportsIn(file: string, exported: Record<string, unknown>): AnyReport[] {
  const reports = new Set<AnyReport>();
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value !== 'object' || value === null || !('load' in value && 'render' in value)) continue;
    if (!('make' in value)) {
      throw UserError.input('broken_report', `${file}: what it exports as "${name}" was not made by defineReport`, {
        hint: "export default defineReport({ … }), with defineReport from 'slack-reports/reports'",
      });
    }
    reports.add(value as AnyReport);
  }
  return [...reports];
}
