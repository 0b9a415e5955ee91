/** Stands for what is missing. */
export const CUT_SIGN = '…';

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Characters behind the cut that decide where the last grapheme ends. */
const LONGEST_GRAPHEME = 64;

/**
 * The text, or as much of its beginning as fits into `max` characters (UTF-16 units, at least 1) with a sign that something is
 * missing. Never cut inside what a reader sees as one character: no letter loses its accents, no family a child.
 * @example cutText('Report', 4) // 'Rep…'
 */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = 0;
  for (const { index, segment } of GRAPHEMES.segment(text.slice(0, max + LONGEST_GRAPHEME))) {
    if (index + segment.length > max - CUT_SIGN.length) break;
    end = index + segment.length;
  }
  // Hundreds of marks on one letter are no character that anyone could read: then only no half of an emoji stays.
  const kept = end > 0 ? text.slice(0, end) : text.slice(0, Math.max(0, max - CUT_SIGN.length));
  return kept.toWellFormed().replace(/\uFFFD$/, '') + CUT_SIGN;
}
