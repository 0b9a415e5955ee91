import { html, type Html } from '../../src/slack/block-kit/html/html.ts';
import { METHODS } from '../api/methods.ts';
import { UPLOAD } from '../api/files.ts';
import { PRESETS } from '../control/presets.ts';
import { faultSchema } from '../control/schemas.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Fault, FaultAction } from '../state/faults.ts';
import type { Channel, Token, Workspace } from '../state/types.ts';
import { findChannels } from './layout.ts';

/** The faults of this sandbox, how often each fired, and forms to add and remove them. */
export function faultsPanel(sandbox: Sandbox, workspace: Workspace, problem: string | undefined): Html {
  const { store, faults, limits } = sandbox;
  const action = `/w/${workspace.id}/faults`;
  const tokens = [...store.tokens.values()].filter((token) => token.workspace === workspace.id);
  return html`<div class="panel">
    <h1>Faults</h1>
    <p class="lead">
      What this Slack does wrong on purpose, to test how senders handle it. A restart ends faults; a revoked token and
      an archived channel stay.
    </p>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    <div data-refresh>${activeFaults(faults.list(), action)}</div>

    <h2>Common problems</h2>
    <form method="post" action="${action}" class="presets">
      <input type="hidden" name="do" value="preset" />
      ${channelField('Only in channel', 'preset-channel')}
      ${PRESETS.map(
        ({ id, label, about }) =>
          html`<button name="preset" value="${id}"><b>${label}</b><span>${about}</span></button>`,
      )}
    </form>

    <h2>Custom fault</h2>
    <form method="post" action="${action}" class="fields-form">
      <input type="hidden" name="do" value="add" />
      ${select('Method', 'method', ['', ...Object.keys(METHODS), UPLOAD], (name) => name || 'every method', 'chat.postMessage')}
      ${select(
        'What happens',
        'type',
        KINDS.map(([id]) => id),
        (id) => KINDS.find(([kind]) => kind === id)?.[1] ?? id,
      )}
      ${select('When', 'when', ['before', 'after'], (when) => (when === 'before' ? 'instead of the call' : 'once Slack has accepted it'))}
      ${number('At most, times', 'times', '1', 'without end when empty')}
      ${number('Only every nth call', 'every', '', 'each call')} ${channelField('Only in channel', 'channel')}
      ${number('Delay, ms · Retry-After, s', 'amount', '', '3000 · none')}
      <label>Error code<input name="error" placeholder="fatal_error" autocomplete="off" /></label>
      <button class="button primary">Add fault</button>
    </form>

    <h2>This workspace</h2>
    <div class="switches">
      ${tokens.map((token) => tokenSwitch(token, action))} ${hideSwitch(limits.silentHide, action)}
      ${chartSwitch(limits.unknownBlocks.includes(CHART_BLOCK), action)}
      <form method="post" action="${action}">
        <input type="hidden" name="do" value="archive" />
        ${channelField('Archive or restore a channel', 'archive-channel')}
        <button class="button" name="archived" value="yes">Archive</button>
        <button class="button" name="archived" value="no">Restore</button>
      </form>
    </div>
  </div>`;
}

function activeFaults(faults: Fault[], action: string): Html {
  if (faults.length === 0) return html`<p class="none">No faults: this Slack answers as Slack should.</p>`;
  return html`<div class="table" role="region" aria-label="Active faults" tabindex="0">
      <table>
        <thead>
          <tr>
            ${['What', 'Where', 'When', 'Fired', 'Matching calls', ''].map((head) => html`<th scope="col">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${faults.map(
            (fault) =>
              html`<tr class="${isSpent(fault) && 'spent'}">
                <td>${whatOf(fault.action)}</td>
                <td>${whereOf(fault)}</td>
                <td>${whenOf(fault)}</td>
                <td class="right">${fault.fired}${fault.times !== undefined && ` of ${fault.times}`}</td>
                <td class="right">${fault.calls}</td>
                <td>
                  <form method="post" action="${action}">
                    <input type="hidden" name="do" value="remove" />
                    <button class="button" name="id" value="${fault.id}" aria-label="Remove: ${whatOf(fault.action)}">
                      Remove
                    </button>
                  </form>
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <form method="post" action="${action}"><button class="button" name="do" value="clear">Remove all</button></form>`;
}

const KINDS: readonly [FaultAction['type'], string][] = [
  ['rate_limit', '429, rate limited'],
  ['status', '500, server error'],
  ['drop', 'connection dropped'],
  ['hang', 'no answer'],
  ['delay', 'slow answer'],
  ['truncate', 'half an answer'],
  ['html', 'a page of HTML'],
  ['error', 'ok: false with a code'],
];

function whatOf(action: FaultAction): string {
  switch (action.type) {
    case 'delay':
      return `${action.ms.toLocaleString('en')} ms slower`;
    case 'status':
      return `status ${action.status}`;
    case 'rate_limit':
      return `429, ${action.retryAfter === undefined ? 'no Retry-After' : `Retry-After ${action.retryAfter}`}`;
    case 'error':
      return action.error;
    case 'drop':
    case 'hang':
    case 'truncate':
    case 'html':
      break;
  }
  return KINDS.find(([type]) => type === action.type)?.[1] ?? action.type;
}

function whereOf({ method = 'every method', channel, workspace }: Fault): string {
  return [method, channel, workspace].filter(Boolean).join(' · ');
}

function whenOf({ when, nth, every, probability }: Fault): string {
  const share = probability !== undefined && `${Math.round(probability * 100)}% of calls`;
  return [when === 'before' ? 'instead' : 'after accept', nth && `call ${nth}`, every && `every ${every}.`, share]
    .filter(Boolean)
    .join(', ');
}

function isSpent({ times, fired }: Fault): boolean {
  return times !== undefined && fired >= times;
}

function tokenSwitch({ token, state }: Token, action: string): Html {
  const shown = `${token.slice(0, 12)}${token.length > 12 ? '…' : ''}`;
  return html`<form method="post" action="${action}">
    <input type="hidden" name="do" value="token" /><input type="hidden" name="token" value="${token}" />
    <span>Token <code>${shown}</code>: <b class="${state === 'ok' ? 'good' : 'bad'}">${state}</b></span>
    <button class="button" name="state" value="${state === 'ok' ? 'revoked' : 'ok'}">
      ${state === 'ok' ? 'Revoke' : 'Restore'}
    </button>
  </form>`;
}

function hideSwitch(isOn: boolean, action: string): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="do" value="hide" />
    <span>Bursts in a channel: <b>${isOn ? 'hidden, with ok: true' : 'answered 429'}</b></span>
    <button class="button" name="hide" value="${isOn ? 'no' : 'yes'}">${isOn ? 'Answer 429' : 'Hide them'}</button>
  </form>`;
}

function chartSwitch(isRefused: boolean, action: string): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="do" value="charts" />
    <span>Chart blocks: <b>${isRefused ? 'refused, as where Slack has none' : 'taken'}</b></span>
    <button class="button" name="refuse" value="${isRefused ? 'no' : 'yes'}">
      ${isRefused ? 'Take them' : 'Refuse them'}
    </button>
  </form>`;
}

function channelField(label: string, id: string): Html {
  return html`<label for="${id}"
    >${label}<input id="${id}" name="channel" placeholder="#name or id" autocomplete="off"
  /></label>`;
}

function number(label: string, name: string, value: string, hint: string): Html {
  return html`<label
    >${label}<input name="${name}" type="number" min="1" value="${value}" placeholder="${hint}"
  /></label>`;
}

function select(label: string, name: string, values: string[], text: (value: string) => string, chosen = ''): Html {
  return html`<label
    >${label}<select name="${name}">
      ${values.map((value) => html`<option value="${value}" ${value === chosen && html`selected`}>${text(value)}</option>`)}
    </select></label
  >`;
}

/** Why a form of the faults page cannot be done, in a sentence for the reader. */
export class FormProblem extends Error {
  override readonly name = 'FormProblem';
}

type Fields = Readonly<Record<string, string>>;

/** Does what a form of the faults page asks. Throws a `FormProblem`, without a change, when it cannot. */
export function submitFaultForm(sandbox: Sandbox, workspace: Workspace, fields: Fields): void {
  const { do: name = '' } = fields;
  const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
  if (act === undefined) throw new FormProblem('There is no such form on this page.');
  act(sandbox, workspace, fields);
}

/** The block that a workspace may not have yet. */
const CHART_BLOCK = 'data_visualization';

const ACTS: Readonly<Record<string, (sandbox: Sandbox, workspace: Workspace, fields: Fields) => void>> = {
  preset({ faults, store }, workspace, fields) {
    const preset = PRESETS.find(({ id }) => id === fields['preset']);
    if (preset === undefined) throw new FormProblem('There is no such preset.');
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
    if (!faults.remove(id)) throw new FormProblem('That fault is already gone.');
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
    if (channel === undefined) throw new FormProblem('Name the channel to archive or restore.');
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

/** Faults of this page are only for its workspace, and for the named channel if there is one. */
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
