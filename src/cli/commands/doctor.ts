import { styleText } from 'node:util';
import { Command } from '@commander-js/extra-typings';
import { examine } from '../doctor/index.ts';
import type { Finding } from '../doctor/finding.ts';
import { printJson } from '../output/output.ts';

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

const MARKS: Record<Finding['kind'], { word: string; colour: 'green' | 'yellow' | 'red' }> = {
  ok: { word: 'ok', colour: 'green' },
  warn: { word: 'warn', colour: 'yellow' },
  fail: { word: 'FAIL', colour: 'red' },
};

function lineOf(finding: Finding): string {
  const { word, colour } = MARKS[finding.kind];
  const mark = styleText(colour, word.padEnd(4), { stream: process.stdout });
  const advice = finding.kind === 'ok' || finding.advice === '' ? '' : `. ${finding.advice}`;
  return `${mark}  ${finding.what}: ${finding.detail}${advice}`;
}
