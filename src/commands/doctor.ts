import { styleText } from 'node:util';
import { Command } from '@commander-js/extra-typings';
import { examine } from '../doctor/index.ts';
import type { Finding } from '../doctor/finding.ts';
import { printJson } from './output.ts';

export function doctorCommand() {
  return new Command('doctor')
    .description('check the server, workers, store, notifications, and what Slack lets the bot do')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nChanges nothing. The exit code is 1 if a check is FAIL; a warning does not count.')
    .action(async ({ json }) => {
      const findings: Finding[] = [];
      for await (const finding of examine(process.env)) {
        findings.push(finding);
        if (json !== true) console.log(lineOf(finding));
      }
      if (json === true) printJson(findings);
      if (findings.some(({ kind }) => kind === 'fail')) process.exitCode = 1;
    });
}

function lineOf(finding: Finding): string {
  const { what, detail } = finding;
  switch (finding.kind) {
    case 'ok':
      return `${mark('green', 'ok')}  ${what}: ${detail}`;
    case 'warn':
      return `${mark('yellow', 'warn')}  ${what}: ${detail}${adviceText(finding.advice)}`;
    case 'fail':
      return `${mark('red', 'FAIL')}  ${what}: ${detail}${adviceText(finding.advice)}`;
  }
}

function mark(colour: 'green' | 'yellow' | 'red', word: string): string {
  return styleText(colour, word.padEnd(4), { stream: process.stdout });
}

function adviceText(advice: string): string {
  return advice === '' ? '' : `. ${advice}`;
}
