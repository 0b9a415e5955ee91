import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import { UserError } from '../lib/errors.ts';
import { until } from '../lib/until.ts';
import { failWhenEnded, startChild } from './child-process.ts';
import { SANDBOX_REF } from '../slack/tokens.ts';
import type { Store } from '../store/open.ts';

/** How long the sandbox may take to answer, and the time between looks, in milliseconds. */
const START_DEADLINE_MS = 15_000;
const LOOK_MS = 100;

/** True when some notification posts to the sandbox. */
export async function needsSandbox(store: Store): Promise<boolean> {
  const workspaces = await store.workspaces.list();
  return workspaces.some((workspace) => workspace.tokenRef === SANDBOX_REF);
}

/** Starts the local Slack as a process of its own; undefined where one answers at the address already. */
export async function startSandboxProcess({ slack }: Config, env: NodeJS.ProcessEnv, folder: string) {
  if (await answers(slack.sandboxUrl)) return undefined;
  const sandbox = await startChild({
    name: 'sandbox',
    command: process.execPath,
    args: [fileURLToPath(import.meta.resolve('slack-sandbox/bin'))],
    env: { ...env, SLACK_SANDBOX_URL: slack.sandboxUrl, SLACK_SANDBOX_DATA: `${folder}/sandbox.jsonl` },
    logFile: `${folder}/sandbox.log`,
    ipc: true,
  });
  try {
    await until(() => answers(slack.sandboxUrl), {
      what: 'the Slack sandbox',
      deadlineMs: START_DEADLINE_MS,
      everyMs: LOOK_MS,
      unless: failWhenEnded(sandbox),
    });
    return sandbox;
  } catch (error) {
    const lines = sandbox.lastLines();
    await sandbox.stop();
    throw UserError.failure(
      'sandbox_not_started',
      `The Slack sandbox did not start at ${slack.sandboxUrl}:\n${lines}`,
      { hint: 'Set SLACK_SANDBOX_URL to a free port on a loopback address.', cause: error },
    );
  }
}

/** Whether a sandbox, and not some other program, is at the address. */
async function answers(sandboxUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${sandboxUrl}/api/api.test`, { method: 'POST', signal: AbortSignal.timeout(1_500) });
    return response.ok && typeof ((await response.json()) as { ok?: unknown }).ok === 'boolean';
  } catch {
    return false;
  }
}
