import { Context } from '@temporalio/activity';
import { WorkflowIdConflictPolicy } from '@temporalio/client';
import type { Dispatch } from '../contract/dispatch.ts';
import { WORKFLOWS } from '../contract/names.ts';
import { occurrenceOfInstant } from '../domain/occurrence.ts';
import { messageOf } from '../lib/errors.ts';
import { refusesToken } from '../slack/post.ts';
import { TokenError } from '../slack/tokens.ts';
import type { ParkedWorkspace } from '../store/workspaces.ts';
import type { Dependencies } from './dependencies.ts';

/** A parked workspace is probed with the same token at most this often by a worker, in milliseconds. */
const PROBE_EACH_MS = 60_000;

/** Of the parked deliveries of a workspace that works again, those due longer ago are recorded as missed, in milliseconds: as for `resume`. */
const RESUME_WITHIN_MS = 24 * 3_600_000;

/** Releases parked workspaces whose token works again, without a person: another token, or `auth.test` accepts the same one. */
export function workspaceReleases({ store, slack }: Pick<Dependencies, 'store' | 'slack'>) {
  /** The token that was tried last in each workspace, and when, in milliseconds since 1970. */
  const probes = new Map<string, { tokenHash: string; at: number }>();

  async function works(workspace: ParkedWorkspace): Promise<boolean> {
    const client = await slack.of(workspace);
    const tokenHash = slack.tokenHash(workspace, client);
    const last = probes.get(workspace.id);
    if (last?.tokenHash === tokenHash && Date.now() - last.at < PROBE_EACH_MS) return false;
    probes.set(workspace.id, { tokenHash, at: Date.now() });
    const failure = await refusesToken(client);
    if (failure === undefined) return true;
    // Where Slack does not answer, a token that it has not refused yet gets its chance: posts are tried again for hours.
    return failure.kind !== 'refused' && tokenHash !== workspace.tokenHash;
  }

  async function release(workspace: ParkedWorkspace): Promise<boolean> {
    const { log } = Context.current();
    try {
      if (!(await works(workspace))) return false;
      // Begun first: were this process to end in between, parked deliveries would wait with nothing that shows it.
      await startResume(workspace.id);
      await store.parking.release('workspace', workspace.id);
    } catch (error) {
      // Its fault must not stop the others.
      if (!(error instanceof TokenError)) {
        log.warn('Cannot check the token of a parked workspace', { workspace: workspace.id, error: messageOf(error) });
      }
      return false;
    }
    log.info('A parked workspace works again, and its parked deliveries are sent', { workspace: workspace.id });
    return true;
  }

  return {
    /** Probes all parked workspaces, at the same time: Slack may hang for one. */
    async releaseAll(): Promise<void> {
      await Promise.all((await store.workspaces.parked()).map(release));
    },

    /** True if the workspace was parked, and is no more. */
    async release(id: string): Promise<boolean> {
      const [workspace] = await store.workspaces.parked(id);
      return workspace !== undefined && (await release(workspace));
    },
  };
}

/** A run that sends the parked deliveries of a workspace, as `resume` starts it; one where several workers see that it works again. */
async function startResume(id: string): Promise<void> {
  const { client, info } = Context.current();
  const nominalTime = occurrenceOfInstant(new Date());
  const owner = { kind: 'workspace', id } as const;
  await client.workflow.start<Dispatch>(WORKFLOWS.dispatch, {
    workflowId: `resume/${nominalTime}/workspace:${id}`,
    taskQueue: info.taskQueue,
    args: [{ selection: { kind: 'parked', owner, withinMs: RESUME_WITHIN_MS }, nominalTime }],
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `The workspace ${id} works again`,
  });
}
