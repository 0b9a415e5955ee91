import { styleText } from 'node:util';
import { Command } from '@commander-js/extra-typings';
import { examine } from '../doctor/index.ts';
import { type Finding, keepsFromDelivering } from '../doctor/finding.ts';
import { printJson } from '../output/output.ts';

export function doctorCommand() {
  return new Command('doctor')
    .description('check the server, workers, store, notifications, and what Slack lets the bot do')
    .option('--exit-code', 'for a cron: print only problems, and also exit with 1 if something is paused or parked')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async ({ exitCode = false, json }) => {
      const findings: Finding[] = [];
      for await (const finding of examine(process.env)) {
        findings.push(finding);
        if (json !== true && !(exitCode && finding.kind === 'ok')) console.log(lineOf(finding));
      }
      if (json === true) printJson(findings);
      const isBad = exitCode ? keepsFromDelivering : ({ kind }: Finding) => kind === 'fail';
      if (findings.some(isBad)) process.exitCode = 1;
    });
}

const HELP = `
Changes nothing. The exit code is 1 if a check is FAIL; warnings do not count. With --exit-code, a warning about
something that holds deliveries back counts too: a paused schedule, a parked workspace or notification. For a cron that mails its output:
*/15 * * * *  slack-reports doctor --exit-code >/tmp/doctor 2>&1 || cat /tmp/doctor`;

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
