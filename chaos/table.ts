import { DELIVERY_STATES } from '../src/domain/delivery.ts';
import type { Finding, FindingKind } from './compare.ts';
import { sumBy, type SeedResult } from './run-seed.ts';

const KINDS = [
  'lost',
  'doubled',
  'hidden',
  'wrong_state',
  'unexplained',
  'stray',
] as const satisfies readonly FindingKind[];
const RESTING = ['delivered', 'unconfirmed', 'failed', 'parked', 'missed', 'cancelled', 'skipped'] as const;

/** Markdown: a row a seed and one for all, then every ending and every fault by name. */
export function formatResults(results: readonly SeedResult[]): string {
  const header = [
    'seed',
    'settle',
    'due',
    ...RESTING,
    'accepted',
    ...KINDS.map((kind) => `**${kind.replace('_', ' ')}**`),
    'adopted',
    'SIGKILL (gap, call)',
    'SIGTERM',
    'server restarts',
    'store restarts',
    'asked whether ready',
    '**untrue**',
    'ready after',
    'faults',
    '429',
    'seconds',
  ];
  const rows = results.map((result) => [String(result.seed), `${result.settleSeconds} s`, ...figuresOf([result])]);
  const total = ['**all**', '', ...figuresOf(results)];
  const lines = [header, header.map(() => '---:'), ...rows, total].map((cells) => `| ${cells.join(' | ')} |`);
  return [...lines, '', ...formatBesides(results), ...formatEndings(results), '', ...formatFaults(results)].join('\n');
}

function figuresOf(results: readonly SeedResult[]): string[] {
  const sum = (value: (result: SeedResult) => number) => results.reduce((all, one) => all + value(one), 0);
  const inState = (state: string) =>
    sum(({ endings }) =>
      Object.entries(endings).reduce((all, [name, count]) => (name.split(' ')[0] === state ? all + count : all), 0),
    );
  const found = (kind: FindingKind) => sum(({ findings }) => findings.filter((one) => one.kind === kind).length);
  const [inGap, inCall] = [sum((result) => result.kills.inGap), sum((result) => result.kills.inCall)];
  return [
    sum(({ due }) => due),
    ...RESTING.map(inState),
    sum(({ accepted }) => accepted),
    ...KINDS.map(found),
    sum(({ adopted }) => adopted),
    `${sum((result) => result.kills.all)} (${inGap}, ${inCall})`,
    sum(({ terms }) => terms),
    sum(({ serverRestarts }) => serverRestarts),
    sum(({ storeRestarts }) => storeRestarts),
    sum(({ readiness }) => readiness.asked),
    sum(({ untrue }) => untrue.length),
    `${Math.ceil(Math.max(0, ...results.map(({ readiness }) => readiness.slowestMs)) / 1_000)} s`,
    sum(({ faults }) => Object.values(faults).reduce((all, one) => all + one, 0)),
    sum(({ rateLimited }) => rateLimited),
    sum(({ seconds }) => seconds),
  ].map(String);
}

/** Nothing where nothing was asked for besides the ordinary. */
function formatBesides(results: readonly SeedResult[]): string[] {
  const sums = sumBy(
    results.flatMap(({ besides }) => Object.entries(besides)),
    ([name]) => name,
    ([, count]) => count,
  );
  const done = Object.entries(sums).filter(([, count]) => count > 0);
  return done.length === 0 ? [] : [`Besides: ${done.map(([name, count]) => `${count} ${name}`).join(', ')}.`, ''];
}

function formatEndings(results: readonly SeedResult[]): string[] {
  const all = results.flatMap(({ endings }) => Object.entries(endings));
  const sums = sumBy(
    all,
    ([name]) => name,
    ([, count]) => count,
  );
  const ordered = Object.entries(sums).toSorted(([a], [b]) => rankOf(a) - rankOf(b));
  return [
    'How the deliveries ended:',
    '',
    ...ordered.map(([name, count]) => `- ${count} ${withNote(name)}`),
    '',
    'How the posts of threads ended:',
    '',
    ...Object.entries(
      sumBy(
        results.flatMap(({ threadPosts }) => Object.entries(threadPosts)),
        ([name]) => name,
        ([, count]) => count,
      ),
    ).map(([name, count]) => `- ${count} ${name}`),
  ];
}

function withNote(ending: string): string {
  if (ending === 'delivered thread_incomplete') return 'delivered without all of its thread';
  return ending.replace(/^delivered (.+)$/, 'delivered as plain text ($1)');
}

function rankOf(ending: string): number {
  return DELIVERY_STATES.findIndex((state) => ending.startsWith(state));
}

function formatFaults(results: readonly SeedResult[]): string[] {
  const all = results.flatMap(({ faults }) => Object.entries(faults));
  const sums = sumBy(
    all,
    ([name]) => name,
    ([, count]) => count,
  );
  return ['Faults that struck:', '', ...Object.entries(sums).map(([name, count]) => `- ${count} × ${name}`)];
}

/** What is wrong with one delivery, and every step that it took. */
function formatFinding({ kind, id, what, row }: Finding): string {
  const name = row === undefined ? id : `${row.notificationId} ${row.occurrence} (${id})`;
  const steps = (row?.log ?? []).map((entry) => `    ${Object.values(entry).join('  ')}`);
  return [`${kind}: ${name}: ${what}`, ...steps].join('\n');
}

/** Why the run did not pass; empty when it did. */
export function verdictOf(results: readonly SeedResult[]): string[] {
  return results.flatMap(({ seed, findings, untrue, rested, kills, crashes }) => [
    ...untrue.map((what) => `seed ${seed}: ${what}`),
    ...findings.map((finding) => `seed ${seed}: ${formatFinding(finding)}`),
    ...(rested ? [] : [`seed ${seed}: not at rest when its time was up`]),
    ...(crashes === 0 ? [] : [`seed ${seed}: ${crashes} workers ended by themselves`]),
    ...(kills.all > 0 && kills.inGap === 0 ? [`seed ${seed}: no worker was killed in the gap`] : []),
  ]);
}
