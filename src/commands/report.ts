import { relative } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { z } from 'zod';
import { loadConfig } from '../config.ts';
import { OWN_REPORTS } from '../reports/folder.ts';
import { type FoundReport, loadReports } from '../reports/registry.ts';
import { findsUs, pathToUs, scaffoldReport } from '../reports/scaffold.ts';
import { printJson, printRows } from './output.ts';

export function reportCommand() {
  const command = new Command('report').description('the reports there are, and a new one of your own');

  command
    .command('list')
    .description('list the reports: the built-in ones and those of your folder')
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

  command
    .command('show')
    .description('show a report and its parameters')
    .argument('<name>')
    .option('--json', 'print JSON, with the JSON schema of the parameters')
    .action(async (name, { json }) => {
      const { reportsFolder, sample } = loadConfig();
      const found = (await loadReports(reportsFolder, sample)).get(name);
      if (json === true) return printJson({ ...forPrograms(found), params: schemaOf(found) });
      console.log(`${name}: ${found.report.description}\nFrom: ${found.file ?? 'built in'}\n`);
      printRows(
        parametersOf(found),
        {
          PARAMETER: ({ name: parameter }) => parameter,
          TYPE: ({ type }) => type,
          DEFAULT: (parameter) => parameter.default,
          DESCRIPTION: ({ description }) => description,
        },
        { json, empty: 'It takes no parameters.' },
      );
    });

  command
    .command('new')
    .description('write a report of your own, data made up for it, and a snapshot test')
    .argument('<name>', 'a-z, 0-9 and "-": open-orders')
    .option('--dir <folder>', `where to (default: the folder of your reports, ${OWN_REPORTS})`)
    .option('--json', 'print JSON')
    .action(async (name, { dir, json }) => {
      const folder = dir ?? loadConfig().reportsFolder ?? OWN_REPORTS;
      const files = await scaffoldReport(name, folder);
      if (json === true) return printJson({ files });
      console.log(files.map((file) => `Wrote ${file}`).join('\n'));
      console.log(nextSteps(name, folder));
    });

  return command;
}

function nextSteps(name: string, folder: string): string {
  const isDefault = relative(OWN_REPORTS, folder) === '';
  const option = isDefault ? '' : ` --reports ${folder}`;
  const install = findsUs(folder) ? '' : `\nFor its tests  cd ${folder} && npm install ${pathToUs(folder)}`;
  return `${install}
Look at it     npx slack-reports preview --report ${name} --fixture ${folder}/${name}.fixture.json${option}
With real data npx slack-reports preview --report ${name} --account acme${option}
Test it        npx node --test ${folder}/${name}.test.ts
Send it        npx slack-reports notifications add ${name} --report ${name} --account acme … (see --help)${option}
               A worker that runs already has to be started again to know it.`;
}

function forPrograms({ report: { name, description }, file }: FoundReport) {
  return { name, description, file: file ?? null };
}

interface ParameterSchema {
  type?: string;
  enum?: unknown[];
  format?: string;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
}

/** What a notification may give: parameters with a default are optional. */
function schemaOf({ report }: FoundReport) {
  return z.toJSONSchema(report.params, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, ParameterSchema>;
    required?: string[];
  };
}

function parametersOf(found: FoundReport) {
  const { properties = {}, required = [] } = schemaOf(found);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    type: typeOf(schema),
    default: defaultOf(schema, required.includes(name)),
    description: schema.description ?? '',
  }));
}

function typeOf({ type, enum: values, format, minimum, maximum }: ParameterSchema): string {
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  const range = minimum !== undefined && maximum !== undefined ? ` ${minimum}–${maximum}` : '';
  return `${format ?? type ?? 'any'}${range}`;
}

function defaultOf(schema: ParameterSchema, isRequired: boolean): string {
  if (schema.default !== undefined) return JSON.stringify(schema.default);
  return isRequired ? 'required' : '–';
}
