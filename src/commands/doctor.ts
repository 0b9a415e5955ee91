import { styleText } from 'node:util';
import { Command } from '@commander-js/extra-typings';
import { examine } from '../doctor/index.ts';
import type { Finding } from '../doctor/finding.ts';
import { printJson } from './output.ts';

export function doctorCommand() {
  return new Command('doctor')
    .description(
      'check the server, its namespace and workers, the store, notifications, and what Slack lets the bot do',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nChanges nothing. Exit code 1 where something is FAIL; a warn is none.')
    .action(async ({ json }) => {
      const findings: Finding[] = [];
      for await (const finding of examine(process.env)) {
        findings.push(finding);
        if (json !== true) console.log(lineOf(finding));
      }
      if (json === true) printJson(findings);
      if (findings.some(({ status }) => status === 'FAIL')) process.exitCode = 1;
    });
}

const COLOURS = { ok: 'green', warn: 'yellow', FAIL: 'red' } as const;

function lineOf({ status, what, detail, remedy }: Finding): string {
  const mark = styleText(COLOURS[status], status.padEnd(4), { stream: process.stdout });
  return `${mark}  ${what}: ${detail}${remedy === undefined || remedy === '' ? '' : `. ${remedy}`}`;
}
