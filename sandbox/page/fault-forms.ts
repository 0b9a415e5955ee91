import { PRESETS } from '../control/presets.ts';
import { faultSchema } from '../control/schemas.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Channel, Workspace } from '../state/types.ts';
import { findChannels } from './sidebar.ts';

/** What a form of the faults panel cannot do, in a sentence for the reader. */
export class FormProblem extends Error {
  override readonly name = 'FormProblem';
}

type Fields = Readonly<Record<string, string>>;

/** Does what a form of the faults panel asks. Throws a `FormProblem`, and then has changed nothing. */
export function submit(sandbox: Sandbox, workspace: Workspace, fields: Fields): void {
  const { do: name = '' } = fields;
  const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
  if (act === undefined) throw new FormProblem('The form is not one of this page.');
  act(sandbox, workspace, fields);
}

/** What a workspace may not have yet. */
export const CHART_BLOCK = 'data_visualization';

const ACTS: Readonly<Record<string, (sandbox: Sandbox, workspace: Workspace, fields: Fields) => void>> = {
  preset({ faults, store }, workspace, fields) {
    const preset = PRESETS.find(({ id }) => id === fields['preset']);
    if (preset === undefined) throw new FormProblem('There is no such trouble.');
    faults.add(faultSchema.parse({ ...preset.fault, ...place({ store }, workspace, fields) }));
  },
  add({ faults, store }, workspace, fields) {
    const { method, type = '', when, times, every } = fields;
    const result = faultSchema.safeParse({
      ...(method && { method }),
      ...(times && { times: Number(times) }),
      ...(every && { every: Number(every) }),
      ...place({ store }, workspace, fields),
      when,
      action: actionOf(type, fields),
    });
    if (result.error) {
      const [issue] = result.error.issues;
      throw new FormProblem(`${issue?.path.join('.')}: ${issue?.message}`);
    }
    faults.add(result.data);
  },
  remove({ faults }, _, { id = '' }) {
    if (!faults.remove(id)) throw new FormProblem('That fault is gone already.');
  },
  clear({ faults }) {
    faults.clear();
  },
  token({ store }, workspace, { token = '', state }) {
    const known = store.tokens.get(token);
    if (known?.workspace !== workspace.id) throw new FormProblem('This workspace has no such token.');
    store.record({ type: 'token', token: { ...known, state: state === 'ok' ? 'ok' : 'revoked' } });
  },
  archive({ store }, workspace, fields) {
    const channel = channelOf({ store }, workspace, fields);
    if (channel === undefined) throw new FormProblem('Name the channel to archive or to restore.');
    store.record({ type: 'channel', channel: { ...channel, archived: fields['archived'] === 'yes' } });
  },
  hide(sandbox, _, { hide }) {
    sandbox.limits = { ...sandbox.limits, silentHide: hide === 'yes' };
  },
  charts(sandbox, _, { refuse }) {
    const others = sandbox.limits.unknownBlocks.filter((type) => type !== CHART_BLOCK);
    sandbox.limits = { ...sandbox.limits, unknownBlocks: refuse === 'yes' ? [...others, CHART_BLOCK] : others };
  },
};

function actionOf(type: string, { amount, error }: Fields): object {
  const count = amount ? Number(amount) : undefined;
  if (type === 'delay') return { type, ms: count ?? 3_000 };
  if (type === 'status') return { type, status: 500 };
  if (type === 'rate_limit') return { type, ...(count !== undefined && { retryAfter: count }) };
  return type === 'error' ? { type, error: error || 'fatal_error' } : { type };
}

/** Only this workspace, and only the channel that was named. */
function place(from: Pick<Sandbox, 'store'>, workspace: Workspace, fields: Fields) {
  const channel = channelOf(from, workspace, fields);
  return { workspace: workspace.id, ...(channel && { channel: channel.id }) };
}

function channelOf({ store }: Pick<Sandbox, 'store'>, workspace: Workspace, fields: Fields): Channel | undefined {
  const wanted = fields['channel']?.trim().replace(/^#/, '');
  if (!wanted) return undefined;
  const found = findChannels(store, workspace, wanted).find(({ id, name }) => id === wanted || name === wanted);
  if (found === undefined) throw new FormProblem(`This workspace has no channel “${wanted}”.`);
  return found;
}
