import { OUTCOMES, sumOf, type Counts } from '../state/meter.ts';
import { html, type Html } from './html.ts';

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
export function rateGraph({ series, step, limit, span }: Graph): Html {
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
  const told = OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => `${outcome} ${counts[outcome]}`);
  let under = 0;
  return html`<g>
    <title>${told.join(', ')}</title>
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
