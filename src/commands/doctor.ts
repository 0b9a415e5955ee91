import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../config.ts';
import { messageOf, UserError } from '../errors.ts';
import { classify } from '../slack/classify.ts';
import { type SlackClients, slackClients } from '../slack/clients.ts';
import { openStore, placeOf } from '../store/open.ts';
import type { Workspace } from '../store/workspaces.ts';
import { connectClient } from '../temporal.ts';
import { printJson } from './output.ts';
import { remedyFor } from './remedies.ts';

interface Finding {
  what: string;
  ok: boolean;
  /** What is wrong and how to mend it, or what was seen. */
  detail: string;
}

/** What the bot needs, and what goes wrong without it. https://docs.slack.dev/reference/scopes */
const SCOPES: Record<string, string> = {
  'chat:write': 'nothing can be posted',
  'channels:history': 'a lost answer in a public channel ends as unconfirmed instead of being looked up',
  'groups:history': 'a lost answer in a private channel ends as unconfirmed instead of being looked up',
  'channels:join': 'a public channel has to be joined by hand',
};

export function doctorCommand() {
  return new Command('doctor')
    .description('check the store, the Temporal server, the worker, and the token and scopes of each workspace')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const findings = await examine();
      if (json === true) printJson(findings);
      else for (const { what, ok, detail } of findings) console.log(`${ok ? 'ok  ' : 'FAIL'}  ${what}: ${detail}`);
      if (findings.some((finding) => !finding.ok)) process.exitCode = 1;
    });
}

async function examine(): Promise<Finding[]> {
  const config = loadConfig();
  await using store = await openStore(config.databaseUrl);
  const findings: Finding[] = [{ what: 'store', ok: true, detail: placeOf(config.databaseUrl) }];
  findings.push(...(await examineTemporal()));
  const slack = slackClients(config.slack, process.env);
  const used = new Set((await store.notifications.list()).map((notification) => notification.workspace_id));
  for (const workspace of await store.workspaces.list()) {
    if (used.has(workspace.id)) findings.push(...(await examineWorkspace(workspace, slack)));
  }
  return findings;
}

async function examineTemporal(): Promise<Finding[]> {
  const config = loadConfig();
  const { namespace, taskQueue, connection, codecKeys } = config.temporal;
  const encryption = codecKeys === undefined ? '' : `, payloads encrypted with key "${codecKeys.first}"`;
  try {
    await using client = await connectClient(config);
    const { pollers } = await client.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue } });
    const polling = pollers?.length ?? 0;
    return [
      { what: 'temporal', ok: true, detail: `${connection.address}, namespace ${namespace}${encryption}` },
      {
        what: 'worker',
        ok: polling > 0,
        detail:
          polling > 0
            ? `polls task queue ${taskQueue}`
            : `none polls task queue ${taskQueue}: start one with \`npm run worker\``,
      },
    ];
  } catch (error) {
    const hint = error instanceof UserError && error.hint !== undefined ? `. ${error.hint}` : '';
    return [{ what: 'temporal', ok: false, detail: messageOf(error) + hint }];
  }
}

async function examineWorkspace(workspace: Workspace, slack: SlackClients): Promise<Finding[]> {
  const what = `workspace ${workspace.id}`;
  try {
    const answer = await (await slack.of(workspace)).auth.test();
    const granted = new Set(answer.response_metadata?.scopes);
    const missing = Object.entries(SCOPES).filter(([scope]) => !granted.has(scope));
    return [
      {
        what,
        ok: true,
        detail: `token ${workspace.token_ref} is ${answer.user ?? 'a bot'} of ${answer.team ?? 'a workspace'}`,
      },
      ...missing.map(([scope, consequence]) => ({
        what,
        ok: false,
        detail: `scope ${scope} is missing: ${consequence}`,
      })),
    ];
  } catch (error) {
    if (error instanceof UserError) return [{ what, ok: false, detail: `${error.message}. ${error.hint ?? ''}` }];
    const { code, message } = classify(error);
    return [{ what, ok: false, detail: `${message}: ${remedyFor(code)}` }];
  }
}
