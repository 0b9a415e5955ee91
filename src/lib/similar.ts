import { UserError } from './errors.ts';

/** Less alike than this is no likely slip of the fingers; 1 is the same. */
const ALIKE = 0.5;
/** Others are named together with the nearest if they come this close to it. */
const NEARLY_AS_ALIKE = 0.9;
const NAMED_MAX = 3;

/** Up to three candidates that are written most like `word`, the nearest first: by the pairs of letters they share. */
export function similar(word: string, candidates: Iterable<string>): string[] {
  const wanted = pairsOf(word);
  const rated = Array.from(candidates, (candidate) => ({ candidate, rate: alikeness(wanted, pairsOf(candidate)) }));
  const best = Math.max(ALIKE, ...rated.map(({ rate }) => rate * NEARLY_AS_ALIKE));
  const near = rated.filter(({ rate }) => rate >= best);
  return near
    .toSorted((a, b) => b.rate - a.rate)
    .map(({ candidate }) => candidate)
    .slice(0, NAMED_MAX);
}

/** "Did you mean acme-weekly?", or undefined where nothing is like it. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const near = similar(word, candidates);
  return near.length === 0 ? undefined : `Did you mean ${near.join(' or ')}?`;
}

const LISTED = {
  notification: 'List them with `slack-reports notifications list`.',
  workspace: 'List them with `slack-reports workspaces list`.',
  schedule: 'List them with `slack-reports schedule list`.',
  send: 'List them with `slack-reports send list`.',
  source: 'They are the files in the folder of sources: --sources, SLACK_REPORTS_SOURCES_DIR, or my-sources.',
};

/**
 * The error for an id that does not exist. It names the nearest that does, and the command that lists them. `cause`: what the
 * server said about it; then it is a failure, not wrong input.
 */
export function unknownId(
  kind: 'notification' | 'workspace' | 'schedule' | 'send' | 'source',
  id: string,
  known: Iterable<string>,
  cause?: unknown,
): UserError {
  const hints = [didYouMean(id, known), LISTED[kind]];
  const options = { hint: hints.filter((hint) => hint !== undefined).join(' '), cause };
  const message = `There is no ${kind} "${id}"`;
  return cause === undefined
    ? UserError.input(`unknown_${kind}`, message, options)
    : UserError.failure(`unknown_${kind}`, message, options);
}

/** Sørensen–Dice: twice what both have, over what each has. */
function alikeness(a: readonly string[], b: readonly string[]): number {
  const rest = [...b];
  const shared = a.filter((pair) => {
    const at = rest.indexOf(pair);
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
  return a.length + b.length === 0 ? 0 : (2 * shared.length) / (a.length + b.length);
}

function pairsOf(text: string): string[] {
  const lower = text.toLowerCase().replaceAll(' ', '_');
  return Array.from(lower.slice(1), (letter, index) => lower.charAt(index) + letter);
}
