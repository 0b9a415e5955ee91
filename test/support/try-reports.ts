/**
 * Loads and makes the report of each file that is named, as a worker would: in a process of its own, since Node reads the files here,
 * and not the transforms of a test runner. Prints one JSON array: what each ended with.
 */
import { UserError } from '../../src/lib/errors.ts';
import { readReport } from '../../src/reports/folder.ts';
import { ReportImpossible, ReportMistake } from '../../src/reports/mistake.ts';
import { CONTEXT } from './showing-report.ts';

export interface Tried {
  /** With the file and the line. */
  problem: string;
  fix: string | undefined;
  isFinal: boolean;
}

if (import.meta.main) {
  const tried: Tried[] = [];
  for (const file of process.argv.slice(2)) tried.push(await tryReport(file));
  console.log(JSON.stringify(tried));
}

async function tryReport(file: string): Promise<Tried> {
  try {
    const report = await readReport(file);
    const message = await report.make(CONTEXT, {} as Parameters<typeof report.make>[1]);
    return { problem: `none: ${JSON.stringify(message)}`, fix: undefined, isFinal: false };
  } catch (error) {
    if (error instanceof UserError) return { problem: error.message, fix: error.hint, isFinal: true };
    const isFinal = error instanceof ReportImpossible;
    if (!(error instanceof ReportMistake)) return { problem: String(error), fix: undefined, isFinal };
    return { problem: error.problem, fix: error.fix, isFinal };
  }
}
