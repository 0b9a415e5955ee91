import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { messageOf, UserError } from '../../lib/errors.ts';
import { type Preview, previewsOf } from '../../client/preview.ts';
import { previewPage } from '../preview/page.ts';
import { messageText } from '../preview/terminal.ts';
import { EMPTY_STORE, withContext } from '../context.ts';
import { printJson } from '../output/output.ts';

export function previewCommand() {
  return new Command('preview')
    .description("show what a notification would send now, checked against Slack's limits; posts nothing")
    .argument('[notification]')
    .option(
      '--at <instant>',
      'assume this due time: "2026-11-24 09:00" in its own zone, or 2026-11-24T08:00:00Z (default: now)',
    )
    .option('--report <name>', 'preview a report instead, with --account or --fixture')
    .option('--account <id>', 'account the report is about')
    .option('--params <json>', "the report's parameters", '{}')
    .option('--fixture <file>', 'use made-up data from a file; see `report new`')
    .option('--html <file>', 'write a page that shows it as Slack does')
    .option('--open', 'open that page in a browser')
    .option('--slack', "also ask Slack itself (blocks.validate; needs the workspace's token, but no scope)")
    .option('--json', 'print the message as JSON')
    .addHelpText('after', '\nThe exit code is 1 if Slack would refuse the message; the problems are listed.')
    .action(async (notification, options) => {
      const preview = await make({ ...options, notification });
      const page = options.html ?? (options.open === true ? join(tmpdir(), 'slack-reports-preview.html') : undefined);
      if (page !== undefined) writePage(page, await previewPage(preview));
      if (options.json === true) printJson(preview);
      else print(preview, page);
      if (options.open === true && page !== undefined) open(page);
      if (preview.problems.length > 0 || preview.slack?.kind === 'invalid') process.exitCode = 1;
    });
}

interface Asked {
  notification: string | undefined;
  report?: string;
  account?: string;
  params: string;
  fixture?: string;
  at?: string;
  slack?: true;
}

function make({ notification, report: name, account, params, fixture, at, slack }: Asked): Promise<Preview> {
  if ((notification === undefined) === (name === undefined)) {
    throw UserError.input('invalid_options', 'Name a notification, or a report with --report');
  }
  if (slack === true && notification === undefined) {
    throw UserError.input('invalid_options', '--slack needs a notification, whose token it uses');
  }
  return withContext(
    async (context) => {
      const previews = previewsOf(context);
      if (notification !== undefined) return previews.notification(notification, { at, askSlack: slack });
      if (fixture !== undefined) return previews.fixture(name ?? '', fixture);
      if (account !== undefined) return previews.report(name ?? '', { account, params: jsonOf(params), at });
      throw UserError.input('invalid_options', 'A report needs --account for real data, or --fixture for made-up data');
    },
    notification === undefined ? EMPTY_STORE : 'refuse',
  );
}

function print(preview: Preview, page: string | undefined): void {
  console.log(`${preview.report}, ${preview.subject}\n`);
  console.log(messageText(preview.message));
  console.log('');
  if (page !== undefined) console.log(`Page: ${page}`);
  list('Not shown, because it does not fit:', preview.cuts, console.log);
  list('Mind:', preview.remarks, console.log);
  if (preview.problems.length > 0) list('Slack would refuse this message:', preview.problems, console.error);
  else if (preview.slack === undefined) console.log('Slack would accept this message; nothing was posted.');
  if (preview.slack !== undefined) printVerdict(preview.slack);
}

function printVerdict(verdict: NonNullable<Preview['slack']>): void {
  switch (verdict.kind) {
    case 'valid':
      return console.log('Slack says that it accepts this message; nothing was posted.');
    case 'invalid':
      return list('Slack says that it refuses this message:', verdict.problems, console.error);
    case 'unknown':
      return console.error(`Slack could not be asked: ${verdict.why}`);
    default:
      return verdict satisfies never;
  }
}

function list(title: string, items: readonly string[], say: (text: string) => void): void {
  if (items.length > 0) say([title, ...items.map((item) => `  ${item}`)].join('\n'));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw UserError.input('invalid_options', `--params: is not JSON: ${text.slice(0, 60)}`);
  }
}

function writePage(file: string, page: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, page);
  } catch (error) {
    throw UserError.failure('cannot_write', `Cannot write ${file}: ${messageOf(error)}`);
  }
}

/** Opens the page with the system's opener. Without one, the user has the path on the screen. */
function open(file: string): void {
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  const child = spawn(opener, [file], { stdio: 'ignore', detached: true });
  child.on('error', () => console.error(`Couldn't find ${opener}; open the page yourself.`));
  child.unref();
}
