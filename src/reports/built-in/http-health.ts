import { z } from 'zod';
import { figures, header, section } from '../blocks/blocks.ts';
import type { Format } from '../blocks/format.ts';
import type { Say } from '../blocks/words.ts';
import { mentionParameter, warnings } from './mention.ts';
import { skip } from '../message.ts';
import { defineReport } from '../define.ts';
import type { Http, Probe } from '../sources/types.ts';
import { table } from '../blocks/table.ts';
import { HTTP_HEALTH_WORDS } from './words.ts';
import { bold, mrkdwn } from '../blocks/text.ts';

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
  title: z.string().min(1).max(100).optional().describe('what the header says'),
  urls: z
    .array(z.union([url.transform((address): Target => ({ url: address })), target]))
    .min(1)
    .max(50)
    .describe('addresses, or {"url", "name", "status", "maxMs"}: expected status (default: below 400), and time'),
  timeoutMs: z.number().int().min(100).max(30_000).default(10_000).describe('how long each is waited for'),
  mention: mentionParameter.optional().describe('whom to mention if there is a problem: U…, S…, here or channel'),
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

  words: HTTP_HEALTH_WORDS,

  render(checked, { params: { title = '', mention, onlyProblems }, format, say }) {
    const problems = checked.flatMap((one) => {
      const problem = problemOf(one, format, say);
      return problem === undefined ? [] : [mrkdwn`${bold(nameOf(one.target))}${format.words('colon')}${problem}`];
    });
    const [all, name] = [checked.length, title === '' ? say('title') : title];
    if (problems.length === 0 && onlyProblems) return skip(`All ${all} addresses are well`);
    const slow = slowest(checked);
    return {
      text:
        problems.length === 0
          ? say('allWell', { title: name, count: all })
          : say('problems', { title: name, count: problems.length, all }),
      blocks: [
        header(name),
        problems.length > 0 && section(warnings(problems, mention)),
        figures([
          { label: say('healthy'), value: say('someOf', { count: all - problems.length, all }) },
          slow === undefined
            ? { label: say('slowest'), value: slow }
            : { label: say('slowest'), value: say('millis', { ms: slow.ms }), note: nameOf(slow.target) },
        ]),
        table(
          // What matters first: a phone shows two columns.
          [say('address'), { header: say('status'), align: 'right' }, say('time')],
          // Those with a problem come first; what it is stands above.
          checked
            .map((one) => ({ ...one, isWell: problemOf(one, format, say) === undefined }))
            .toSorted((a, b) => Number(a.isWell) - Number(b.isWell))
            .map(({ target: one, status, ms, isWell }) => [
              isWell ? nameOf(one) : `⚠ ${nameOf(one)}`,
              status === undefined ? undefined : String(status),
              status === undefined ? undefined : ms,
            ]),
        ),
      ],
    };
  },
});

async function check(one: Target, timeoutMs: number, http: Http): Promise<Checked> {
  return { target: one, ...(await http.probe(one.url, { timeoutMs })) };
}

function problemOf(
  { target: { status: expected, maxMs }, status, ms, problem }: Checked,
  format: Format,
  say: Say<HttpHealthWords>,
) {
  if (status === undefined) return withoutStatus(problem, format, say);
  // As texts: a status is no amount.
  const answered = String(status);
  if (expected === undefined) {
    if (status >= 400) return say('answered', { status: answered });
  } else if (status !== expected) {
    return say('answeredInstead', { status: answered, expected: String(expected) });
  }
  return maxMs !== undefined && ms > maxMs ? say('took', { ms, max: maxMs }) : undefined;
}

/** What a probe says of its own is in English; what it is about, such as the name of a host, stays as it is. */
function withoutStatus(problem: string | undefined, { words }: Format, say: Say<HttpHealthWords>): string {
  if (problem === 'no answer in time') return say('noAnswerInTime');
  const about = problem?.replace(/^no answer(?:: )?/, '') ?? '';
  return about === '' ? say('noAnswer') : say('noAnswer') + words('colon') + about;
}

type HttpHealthWords = (typeof HTTP_HEALTH_WORDS)['en'];

/** A query may be a secret, and is long. */
function nameOf({ name, url: address }: Target): string {
  const { host, pathname } = new URL(address);
  return name ?? (pathname === '/' ? host : host + pathname);
}

/** Of those that answered. */
function slowest(checked: readonly Checked[]): Checked | undefined {
  return checked.filter(({ status }) => status !== undefined).toSorted((a, b) => b.ms - a.ms)[0];
}
