import { html, type Html } from '../../src/slack/block-kit/html/html.ts';
import { channelPath } from '../links.ts';
import type { Sandbox } from '../sandbox.ts';
import { METER_SECONDS, OUTCOMES, sumOf, type Counts, type Outcome } from '../state/meter.ts';
import type { Channel, Workspace } from '../state/types.ts';

/** `broken`: a fault replaced the call. */
const OUTCOME_NAMES: Readonly<Record<Outcome, string>> = {
  shown: 'Accepted',
  hidden: 'Hidden',
  limited: 'Rate limited',
  refused: 'Refused',
  broken: 'Broken',
};

interface Span {
  id: string;
  label: string;
  /** Seconds of one bar. */
  step: number;
  count: number;
}

export const SPANS: readonly [Span, ...Span[]] = [
  { id: '2', label: '2 minutes', step: 1, count: 120 },
  { id: '15', label: '15 minutes', step: 10, count: METER_SECONDS / 10 },
];

const CHANNELS_SHOWN = 20;

/** The rate of posts in this workspace or one of its channels, next to Slack's limit. */
export function ratesPanel(sandbox: Sandbox, workspace: Workspace, channel: Channel | undefined, spanId: string): Html {
  const { meter, limits } = sandbox;
  const now = sandbox.now();
  const span = SPANS.find(({ id }) => id === spanId) ?? SPANS[0];
  const series = meter.series({ workspace: workspace.id, channel: channel?.id, now, ...span });
  const rate = channel === undefined ? limits.workspace : limits.channel;
  const path = `/w/${workspace.id}/rates`;
  const address = (one: Span) => `${path}?span=${one.id}${channel === undefined ? '' : `&channel=${channel.id}`}`;
  return html`<div class="panel" data-refresh id="rates">
    <h1>Rates</h1>
    <p class="lead">
      Calls of chat.postMessage
      ${channel === undefined ? html`in all channels` : html`in <a href="${channelPath(channel)}">#${channel.name}</a> (<a href="${path}?span=${span.id}">all channels</a>)`}.
      Slack allows ${rate.perMinute.toLocaleString('en')} a minute for
      ${channel === undefined ? 'the workspace' : 'a channel'}, and bursts of ${rate.burst.toLocaleString('en')}.
    </p>
    ${figures(meter.totals(workspace.id))}
    <p class="spans" role="group" aria-label="Time shown">
      ${SPANS.map((one) => html`<a class="button" href="${address(one)}" ${one === span && html`aria-current="true"`}>${one.label}</a>`)}
    </p>
    ${rateGraph({ series, step: span.step, limit: (rate.perMinute * span.step) / 60, span: span.label })}
    ${busiest(sandbox, workspace, span, now)}
  </div>`;
}

function figures(totals: Counts): Html {
  return html`<dl class="figures" aria-label="Since the sandbox started">
    ${OUTCOMES.map(
      (outcome) =>
        html`<div>
          <dt>
            <svg viewBox="0 0 10 10" aria-hidden="true">
              <rect class="fill ${outcome}" width="10" height="10" rx="2" /></svg
            >${OUTCOME_NAMES[outcome]}
          </dt>
          <dd data-outcome="${outcome}">${totals[outcome].toLocaleString('en')}</dd>
        </div>`,
    )}
  </dl>`;
}

function busiest({ meter, store, limits }: Sandbox, workspace: Workspace, span: Span, now: number): Html | false {
  const channels = meter.channels(workspace.id, now, span.step * span.count);
  if (channels.length === 0) return false;
  const perSecond = limits.channel.perMinute / 60;
  return html`<h2>Channels, the busiest first</h2>
    <div class="table" role="region" aria-label="Channels" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Channel</th>
            <th scope="col" class="right">Calls</th>
            ${OUTCOMES.map((outcome) => html`<th scope="col" class="right">${OUTCOME_NAMES[outcome]}</th>`)}
            <th scope="col" class="right">Peak a second</th>
          </tr>
        </thead>
        <tbody>
          ${channels.slice(0, CHANNELS_SHOWN).map(
            ({ channel, counts, peak }) =>
              html`<tr>
                <td>${nameOf(store.channels.get(channel), channel, workspace, span)}</td>
                <td class="right">${sumOf(counts)}</td>
                ${OUTCOMES.map((outcome) => html`<td class="right">${counts[outcome]}</td>`)}
                <td class="right ${peak > perSecond && 'over'}">${peak}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${channels.length > CHANNELS_SHOWN && html`<p class="none">and ${channels.length - CHANNELS_SHOWN} channels more</p>`}`;
}

function nameOf(channel: Channel | undefined, id: string, workspace: Workspace, span: Span): Html {
  if (channel === undefined) return html`${id || 'no channel'}`;
  return html`<a href="/w/${workspace.id}/rates?channel=${channel.id}&span=${span.id}">#${channel.name}</a>`;
}

const WIDTH = 720;
const HEIGHT = 230;
const PLOT = { left: 34, right: 716, top: 14, bottom: 206 };

interface Graph {
  /** Oldest first. */
  series: readonly Counts[];
  /** Seconds of one bar. */
  step: number;
  /** What Slack allows in one step, on average. */
  limit: number;
  span: string;
}

/** A stacked bar for each step, with Slack's limit across them. */
function rateGraph({ series, step, limit, span }: Graph): Html {
  const peak = Math.max(...series.map(sumOf));
  const high = Math.max(peak, limit) * 1.15;
  const y = (value: number) => round(PLOT.bottom - (value / high) * (PLOT.bottom - PLOT.top));
  const width = (PLOT.right - PLOT.left) / series.length;
  const unit = step === 1 ? 'a second' : `in ${step} seconds`;
  const label = `The last ${span}: at most ${peak} calls ${unit}; Slack allows ${round(limit)} on average`;
  return html`<figure class="rate-graph">
    <figcaption>Calls ${unit}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
      <line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}" />
      ${ticks(high).map(
        (tick) =>
          html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(tick)}" y2="${y(tick)}" /><text
              class="tick"
              x="${PLOT.left - 6}"
              y="${y(tick) + 4}"
              text-anchor="end"
              >${tick}</text
            >`,
      )}
      ${series.map((counts, index) => bar(counts, round(PLOT.left + index * width), round(Math.max(1, width - 1)), y))}
      <line class="limit" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(limit)}" y2="${y(limit)}" />
      <text class="limit-text" x="${PLOT.left + 6}" y="${y(limit) - 5}">Slack’s limit, ${round(limit)}</text>
      <text class="tick" x="${PLOT.left}" y="${HEIGHT - 6}">${span} ago</text>
      <text class="tick" x="${PLOT.right}" y="${HEIGHT - 6}" text-anchor="end">now</text>
    </svg>
  </figure>`;
}

function bar(counts: Counts, x: number, width: number, y: (value: number) => number): Html | false {
  if (sumOf(counts) === 0) return false;
  const parts = OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => `${outcome} ${counts[outcome]}`);
  let under = 0;
  return html`<g>
    <title>${parts.join(', ')}</title>
    ${OUTCOMES.map((outcome) => {
      const [foot, top] = [y(under), y((under += counts[outcome]))];
      return (
        counts[outcome] > 0 &&
        html`<rect class="fill ${outcome}" x="${x}" y="${top}" width="${width}" height="${round(foot - top)}" />`
      );
    })}
  </g>`;
}

/** Two to five whole numbers below `high`. */
function ticks(high: number): number[] {
  const stride = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1_000].find((one) => high / one <= 5) ?? Math.ceil(high / 5);
  return Array.from({ length: Math.floor(high / stride) }, (_, index) => (index + 1) * stride);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
