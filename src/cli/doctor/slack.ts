import type { WebClient } from '@slack/web-api';
import { adviceFor } from '../../domain/advice.ts';
import { UserError } from '../../lib/errors.ts';
import { chart } from '../../reports/blocks/chart.ts';
import { context, divider, figures, header, type ReportBlock, section } from '../../reports/blocks/blocks.ts';
import { table } from '../../reports/blocks/table.ts';
import { bold, link, mrkdwn } from '../../reports/blocks/text.ts';
import { classify } from '../../slack/errors.ts';
import { validateBlocks } from '../../slack/validate-blocks.ts';
import { slackClients } from '../../slack/client.ts';
import type { Workspace } from '../../store/workspaces.ts';
import { type ChannelKind, examineChannels } from './channels.ts';
import type { StoreContext } from './check.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

/** Token, scopes and channels of each workspace that a notification uses. */
export async function workspaces({ store, config, env, notifications }: StoreContext): Promise<Finding[]> {
  const slack = slackClients(config.slack, env);
  const byWorkspace = Map.groupBy(notifications, ({ workspaceId }) => workspaceId);
  const findings: Finding[] = [];
  for (const workspace of await store.workspaces.list()) {
    const rows = byWorkspace.get(workspace.id);
    if (rows === undefined) continue;
    const what = `workspace ${workspace.id}`;
    try {
      const client = await slack.of({ id: workspace.id, tokenRef: workspace.tokenRef });
      const { finding, scopes } = await examineToken(client, workspace);
      const { kinds, findings: ofChannels } = await examineChannels(client, workspace.id, { rows, scopes });
      findings.push(finding, ...scopeFindings(what, scopes, kinds), ...ofChannels, await examineBlocks(client, what));
    } catch (error) {
      findings.push(tokenProblem(what, error));
    }
  }
  return findings;
}

async function examineToken(client: WebClient, { id, tokenRef }: Workspace) {
  const { user, team, response_metadata } = await client.auth.test();
  const finding = ok(`workspace ${id}`, `token ${tokenRef} is ${user ?? 'a bot'} of ${team ?? 'a workspace'}`);
  return { finding, scopes: new Set(response_metadata?.scopes) };
}

function tokenProblem(what: string, error: unknown): Finding {
  if (error instanceof UserError) return fail(what, error.message, error.hint ?? '');
  const { code, message, kind } = classify(error);
  if (kind === 'refused') return fail(what, message, `${adviceFor(code)}.`);
  return fail(what, `Slack does not answer: ${message}`, 'Check that this machine can reach SLACK_API_URL.');
}

/** A message with every kind of block that the block functions make. */
const EVERY_BLOCK: readonly ReportBlock[] = [
  header('Header'),
  section(mrkdwn`${bold('Section')} ${link('link', 'https://example.com')}`),
  section('*as it is*'),
  figures([{ label: 'Label', value: 1 }]),
  table(['Column'], [['cell']]),
  chart({ type: 'bar', title: 'Chart', labels: ['Mon'], series: [{ name: 'Orders', values: [1] }] }),
  divider(),
  context('Small print'),
];

/** Asks Slack itself whether it takes the blocks that reports have: charts do not reach every workspace at once. */
async function examineBlocks(client: WebClient, what: string): Promise<Finding> {
  const verdict = await validateBlocks(client, EVERY_BLOCK);
  switch (verdict.kind) {
    case 'valid':
      return ok(`blocks of ${what}`, 'Slack takes every kind of block that reports have');
    case 'invalid': {
      const refused = verdict.problems.map((problem) => {
        const at = Number(/\/blocks\/(\d+)/.exec(problem)?.[1] ?? -1);
        return `${EVERY_BLOCK[at]?.type ?? 'a message'}: ${problem}`;
      });
      const advice =
        'Messages with it are posted in a plainer form: a chart as a table. `preview --slack` asks for one message.';
      return warn(`blocks of ${what}`, `Slack refuses ${refused.join('; ')}`, advice);
    }
    case 'unknown':
      return ok(`blocks of ${what}`, `not asked: ${verdict.why}`);
    default:
      return verdict satisfies never;
  }
}

/** The scope for looking up a lost answer, by kind of channel. https://docs.slack.dev/reference/methods/conversations.history */
const HISTORY: Record<ChannelKind, string> = {
  public: 'channels:history',
  private: 'groups:history',
  direct: 'im:history',
  group: 'mpim:history',
};

/** Scopes that the bot needs but does not have. https://docs.slack.dev/reference/scopes */
function scopeFindings(what: string, scopes: ReadonlySet<string>, kinds: ReadonlySet<ChannelKind>): Finding[] {
  const advice = 'Add it to the app and install it again.';
  const missing = (scope: string, consequence: string, say: typeof fail) =>
    scopes.has(scope) ? [] : [say(what, `scope ${scope} is missing: ${consequence}`, advice)];
  return [
    ...missing('chat:write', 'nothing can be posted', fail),
    ...Array.from(kinds, (kind) =>
      missing(HISTORY[kind], `a lost answer in a ${kind} channel ends as unconfirmed instead of being looked up`, fail),
    ).flat(),
    ...(kinds.has('direct')
      ? missing('im:write', 'no further person can become a destination (--channel U…)', warn)
      : []),
    ...missing('channels:join', 'you have to invite the bot to public channels', warn),
    ...missing('files:write', 'a report goes out without its pictures and attached files', warn),
  ];
}
