/** One line of `doctor`. */
export interface Finding {
  status: 'ok' | 'warn' | 'FAIL';
  /** What was looked at. */
  what: string;
  /** What was seen. */
  detail: string;
  /** How to mend it; a sentence. */
  remedy?: string;
}

export function ok(what: string, detail: string): Finding {
  return { status: 'ok', what, detail };
}

/** Works, but not as it should. */
export function warn(what: string, detail: string, remedy: string): Finding {
  return { status: 'warn', what, detail, remedy: sentence(remedy) };
}

/** Something does not arrive until this is mended. */
export function fail(what: string, detail: string, remedy: string): Finding {
  return { status: 'FAIL', what, detail, remedy: sentence(remedy) };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "acme-weekly, acme-monthly and 12 more" */
export function named(ids: readonly string[], most = 3): string {
  const more = ids.length > most ? ` and ${ids.length - most} more` : '';
  return ids.slice(0, most).join(', ') + more;
}
