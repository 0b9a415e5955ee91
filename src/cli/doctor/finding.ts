/** One line of `doctor`. */
export type Finding = Ok | Problem;

interface Ok {
  kind: 'ok';
  /** What was checked. */
  what: string;
  /** What was found. */
  detail: string;
}

/** `warn`: works, but not as it should. `fail`: something is not delivered until it is fixed. */
interface Problem {
  kind: 'warn' | 'fail';
  what: string;
  detail: string;
  /** How to fix it: a sentence. */
  advice: string;
  /** Set on a warning where something is not delivered until a person acts, as they may have wanted: it is paused, or parked. */
  stops?: true;
}

export function ok(what: string, detail: string): Finding {
  return { kind: 'ok', what, detail };
}

export function warn(what: string, detail: string, advice: string): Finding {
  return { kind: 'warn', what, detail, advice: sentence(advice) };
}

/** A warning of something that is not delivered meanwhile. `doctor --exit-code` counts it. */
export function stopped(what: string, detail: string, advice: string): Finding {
  return { kind: 'warn', what, detail, advice: sentence(advice), stops: true };
}

/** Whether something is not delivered until a person acts. */
export function keepsFromDelivering(finding: Finding): boolean {
  return finding.kind === 'fail' || (finding.kind === 'warn' && finding.stops === true);
}

export function fail(what: string, detail: string, advice: string): Finding {
  return { kind: 'fail', what, detail, advice: sentence(advice) };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "acme-weekly, acme-monthly and 12 more" */
export function named(ids: readonly string[], max = 3): string {
  const more = ids.length > max ? ` and ${ids.length - max} more` : '';
  return ids.slice(0, max).join(', ') + more;
}
