import { METHODS } from '../api/methods.ts';
import { UPLOAD } from '../api/upload-route.ts';
import { PRESETS } from '../control/presets.ts';
import type { Fault, FaultAction } from '../faults.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Token, Workspace } from '../state/types.ts';
import { CHART_BLOCK } from './fault-forms.ts';
import { html, type Html } from './html.ts';

/** What is wrong with this Slack on purpose, how often it struck, and forms to add and to mend. */
export function faultsPanel(sandbox: Sandbox, workspace: Workspace, problem: string | undefined): Html {
  const { store, faults, limits } = sandbox;
  const action = `/w/${workspace.id}/faults`;
  const tokens = [...store.tokens.values()].filter((token) => token.workspace === workspace.id);
  return html`<div class="panel">
    <h1>Faults</h1>
    <p class="lead">
      What this Slack does wrong on purpose, to see how senders take it. A restart of the sandbox ends faults; a revoked
      token and an archived channel stay.
    </p>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    <div data-refresh>${activeFaults(faults.list(), action)}</div>

    <h2>Common troubles</h2>
    <form method="post" action="${action}" class="presets">
      <input type="hidden" name="do" value="preset" />
      ${channelField('Only in channel', 'preset-channel')}
      ${PRESETS.map(
        ({ id, label, about }) =>
          html`<button name="preset" value="${id}"><b>${label}</b><span>${about}</span></button>`,
      )}
    </form>

    <h2>A fault of your own</h2>
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
      <button class="button primary">Add the fault</button>
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
  if (faults.length === 0) return html`<p class="none">No fault: this Slack answers as Slack should.</p>`;
  return html`<div class="table" role="region" aria-label="Active faults" tabindex="0">
      <table>
        <thead>
          <tr>
            ${['What', 'Where', 'When', 'Struck', 'Matching calls', ''].map((head) => html`<th scope="col">${head}</th>`)}
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
