import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../../../config.ts';
import { type FoundReport, loadReports } from '../../../reports/registry.ts';
import { printJson, printRows } from '../../output/output.ts';

export function listCommand() {
  return new Command('list')
    .description('list the built-in reports and your own')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const { reportsFolder, sample } = loadConfig();
      const { all } = await loadReports(reportsFolder, sample);
      if (json === true) return printJson(all.map(forPrograms));
      printRows(
        all,
        {
          REPORT: ({ report }) => report.name,
          FROM: ({ file }) => file ?? 'built in',
          DESCRIPTION: ({ report }) => report.description,
        },
        { json, empty: '' },
      );
    });
}

export function forPrograms({ report: { name, description }, file }: FoundReport) {
  return { name, description, file: file ?? null };
}
