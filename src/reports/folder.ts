import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { moduleFile } from '../lib/module-file.ts';
import { messageOf, UserError } from '../lib/errors.ts';
import { didYouMean } from '../lib/similar.ts';
import type { AnyReport } from './define.ts';
import * as exportsOfReports from './index.ts';
import { type Place, placeOf, placeText, ReportMistake, stackOf, sentence } from './mistake.ts';

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

/**
 * Whatever is installed next to the folder, its files import the functions of the program that runs them. They also find zod
 * where none is installed, as it is when the folder is outside of every project.
 */
export function ourOwnFunctions(): Disposable {
  const urls: Readonly<Record<string, string>> = {
    'slack-reports/reports': pathToFileURL(moduleFile('index', import.meta.url)).href,
    'slack-reports/sources': pathToFileURL(moduleFile('../sources/index', import.meta.url)).href,
  };
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const url = urls[specifier];
      if (url !== undefined) return { url, shortCircuit: true };
      try {
        return next(specifier, context);
      } catch (error) {
        const isFromHere = context.parentURL === import.meta.url;
        if (isFromHere || !isOfZod(specifier) || !isNotFound(error)) throw error;
        return { url: import.meta.resolve(specifier), shortCircuit: true };
      }
    },
  });
  return { [Symbol.dispose]: () => hooks.deregister() };
}

function isOfZod(specifier: string): boolean {
  return specifier === 'zod' || specifier.startsWith('zod/');
}

/** The codes of `import` and of `require`. */
function isNotFound(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

async function load(file: string): Promise<Record<string, unknown>> {
  using _ = ourOwnFunctions();
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof ReportMistake) throw broken(error);
    const place = placeOfLoading(error, file);
    const at = place === undefined ? '' : ` (${placeText(place)})`;
    throw UserError.input('broken_report', `${file} cannot be loaded: ${messageOf(error)}${at}`, {
      hint: loadingFix(error),
      cause: error,
    });
  }
}

/** Where its own code, or what it imports, is wrong. */
function placeOfLoading(error: unknown, file: string): Place | undefined {
  const [, missing, importer = file] = / '([^']+)' imported from (.+)$/.exec(messageOf(error)) ?? [];
  if (missing !== undefined && existsSync(importer)) return importOf(missing, importer);
  const place = placeOf(stackOf(error));
  // V8 names the place of a syntax error in a module only where it prints it.
  return place ?? (error instanceof SyntaxError ? placeOf(checkedSyntax(file)) : undefined);
}

/** The line that imports a module. */
function importOf(missing: string, file: string): Place | undefined {
  const name = missing.slice(missing.lastIndexOf('/') + 1);
  const lines = readFileSync(file, 'utf8').split('\n');
  const line = lines.findIndex((text) => /\b(?:from|import)\b/.test(text) && text.includes(name));
  return line === -1 ? undefined : { file: resolve(file), line: line + 1 };
}

function checkedSyntax(file: string): string {
  return spawnSync(process.execPath, ['--check', resolve(file)], { encoding: 'utf8' }).stderr;
}

function loadingFix(error: unknown): string {
  const message = messageOf(error);
  const { code } = error as { code?: unknown };
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return 'Node takes the types away and turns nothing into code: write a union of texts for an enum, and no parameter properties.';
  }
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return 'Correct the path, with its ending (`./orders.ts`), or `npm install` the package where the reports are.';
  }
  const [, from = '', name = ''] = /module '([^']+)' does not provide an export named '([^']+)'/.exec(message) ?? [];
  if (name !== '') {
    const near = from === 'slack-reports/reports' ? didYouMean(name, Object.keys(exportsOfReports)) : undefined;
    return `${near === undefined ? '' : `${near} `}If it is a type, import it as one: import { type ${name} } from '${from}'.`;
  }
  return error instanceof SyntaxError ? 'Correct that line.' : 'Fix the file, or move it out of the folder.';
}

function broken({ problem, fix }: ReportMistake): UserError {
  return UserError.input('broken_report', problem, { hint: sentence(fix) });
}

function reportsIn(file: string, exported: Record<string, unknown>): AnyReport[] {
  const reports = new Set<AnyReport>();
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value !== 'object' || value === null || !('load' in value && 'render' in value)) continue;
    if (!('make' in value)) {
      throw broken(
        new ReportMistake(
          `what it exports as "${name}" was not made by defineReport`,
          "Write `export default defineReport({ … })`, with defineReport from 'slack-reports/reports'",
          { place: lineOf(/\bload\b/, file) },
        ),
      );
    }
    reports.add(value as AnyReport);
  }
  const unused = reports.size === 0 ? lineOf(/^(?!\s*(?:import|\/\/|\*)).*\bdefineReport\(/, file) : undefined;
  if (unused !== undefined) {
    const fix = 'Write `export default defineReport({ … })`';
    throw broken(new ReportMistake('the report is not exported, expected an export of it', fix, { place: unused }));
  }
  return [...reports];
}

function lineOf(pattern: RegExp, file: string): Place | undefined {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((text) => pattern.test(text));
  return line === -1 ? undefined : { file: resolve(file), line: line + 1 };
}
