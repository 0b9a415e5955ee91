import { z } from 'zod';
import { figures, header, section } from '../blocks/blocks.ts';
import type { Format } from '../blocks/format.ts';
import { mentioned, mentionParameter } from './mention.ts';
import { skip } from '../message.ts';
import { defineReport } from '../define.ts';
import type { Http, Probe } from '../sources/types.ts';
import { table } from '../blocks/table.ts';
import { bold, join, mrkdwn, type Text } from '../blocks/text.ts';

/** Looked at together. */
const AT_ONCE = 10;

const url = z.url({ protocol: /^https?$/ }).max(2_000);
const target = z.strictObject({
  url,
  name: z.string().min(1).max(60).optional(),
  status: z.number().int().min(100).max(599).optional(),
  maxMs: z.number().int().min(1).max(60_000).optional(),
});
type Target = z.output<typeof target>;

const params = z.strictObject({
  title: z.string().min(1).max(100).default('HTTP health').describe('what the header says'),
  urls: z
    .array(z.union([url.transform((address): Target => ({ url: address })), target]))
    .min(1)
    .max(50)
    .describe('addresses, or {"url", "name", "status", "maxMs"}: expected status (default: below 400), and time'),
  timeoutMs: z.number().int().min(100).max(30_000).default(10_000).describe('how long each is waited for'),
  mention: mentionParameter.optional().describe('who is told of a problem: U…, S…, here or channel'),
  onlyProblems: z.boolean().default(false).describe('send nothing when all is well'),
});

interface Checked extends Probe {
  target: Target;
}

/** Whether some addresses answer as they should, and how fast. */
export const httpHealth = defineReport({
  name: 'http-health',
  description: 'Whether addresses answer as expected, and how fast; mentions a person or group when one does not',
  params,

  async load({ params: { urls, timeoutMs } }, { http }): Promise<Checked[]> {
    const checked: Checked[] = [];
    for (let from = 0; from < urls.length; from += AT_ONCE) {
      const some = urls.slice(from, from + AT_ONCE);
      checked.push(...(await Promise.all(some.map((one) => check(one, timeoutMs, http)))));
    }
    return checked;
  },

  render(checked, { params: { title, mention, onlyProblems }, format }) {
    const problems = checked.flatMap((one) => {
      const problem = problemOf(one, format);
      return problem === undefined ? [] : [mrkdwn`${bold(nameOf(one.target))}: ${problem}`];
    });
    const healthy = checked.length - problems.length;
    if (problems.length === 0 && onlyProblems) return skip(`All ${checked.length} addresses are well`);
    return {
      text:
        problems.length === 0
          ? mrkdwn`${title}: all ${format.number(checked.length)} are well`
          : mrkdwn`${title}: ${format.number(problems.length)} of ${format.number(checked.length)} have a problem`,
      blocks: [
        header(title),
        problems.length > 0 && section(told(problems, mention)),
        figures(
          [
            { label: 'Healthy', value: `${format.number(healthy)} of ${format.number(checked.length)}` },
            { label: 'Slowest answer', value: millis(slowest(checked), format) },
          ],
          format,
        ),
        table(
          ['Address', 'Status', 'Time (ms)', 'Result'],
          checked.map((one) => [
            nameOf(one.target),
            one.status === undefined ? '–' : String(one.status),
            one.status === undefined ? undefined : one.ms,
            problemOf(one, format) ?? 'well',
          ]),
          format,
        ),
      ],
    };
  },
});

async function check(one: Target, timeoutMs: number, http: Http): Promise<Checked> {
  return { target: one, ...(await http.probe(one.url, { timeoutMs })) };
}

function problemOf({ target: { status: expected, maxMs }, status, ms, problem }: Checked, format: Format) {
  if (status === undefined) return problem ?? 'no answer';
  if (expected === undefined ? status >= 400 : status !== expected) {
    return expected === undefined ? `answered ${status}` : `answered ${status} instead of ${expected}`;
  }
  return maxMs !== undefined && ms > maxMs ? `took ${millis(ms, format)}, ${millis(maxMs, format)} allowed` : undefined;
}

function told(problems: readonly Text[], mention: string | undefined): Text {
  const list = join(problems.map((problem) => mrkdwn`:warning: ${problem}`));
  return mention === undefined ? list : mrkdwn`${mentioned(mention)}\n${list}`;
}

/** A query may be a secret, and is long. */
function nameOf({ name, url: address }: Target): string {
  const { host, pathname } = new URL(address);
  return name ?? (pathname === '/' ? host : host + pathname);
}

function slowest(checked: readonly Checked[]): number | undefined {
  const times = checked.flatMap(({ status, ms }) => (status === undefined ? [] : [ms]));
  return times.length === 0 ? undefined : Math.max(...times);
}

function millis(ms: number | undefined, format: Format): string {
  return ms === undefined ? format.number(ms) : `${format.number(ms)} ms`;
}
