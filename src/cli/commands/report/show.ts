import { Command } from '@commander-js/extra-typings';
import { z } from 'zod';
import { loadConfig } from '../../../config.ts';
import { type FoundReport, loadReports } from '../../../reports/registry.ts';
import { printJson, printRows } from '../../output/output.ts';
import { forPrograms } from './list.ts';

export function showCommand() {
  return new Command('show')
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
