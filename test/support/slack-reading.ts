/** Every text of a message that Slack reads as mrkdwn, with whether it may make links and mentions of plain words. */
export function mrkdwnIn(value: unknown): { text: string; verbatim: boolean }[] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, text, verbatim } = value as { type?: unknown; text?: unknown; verbatim?: unknown };
  if (type === 'mrkdwn') return [{ text: String(text), verbatim: verbatim === true }];
  return Object.values(value).flatMap(mrkdwnIn);
}

/**
 * What Slack makes of a text besides showing it: the insides of its mentions, links and dates, and "unclosed" for a bracket
 * that is none of these. https://docs.slack.dev/messaging/formatting-message-text#advanced
 */
export function markupIn(mrkdwn: string): string[] {
  const markup = [...mrkdwn.matchAll(/<([^<>]*)>/g)].map(([, inside = '']) => inside);
  return /[<>]/.test(mrkdwn.replaceAll(/<[^<>]*>/g, '')) ? [...markup, 'unclosed'] : markup;
}
