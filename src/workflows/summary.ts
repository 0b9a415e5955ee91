/**
 * Temporal takes 400 bytes (`limit.userMetadataSummarySize`), counted after the text was made a payload: quoted, with its
 * encoding next to it, and with what a codec adds when it encrypts it.
 */
const SUMMARY_BYTES_MAX = 240;

/** The beginning of the text that fits a summary, with no character cut in two. */
export function summary(text: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > SUMMARY_BYTES_MAX) return `${text.slice(0, end)}…`;
    end += character.length;
  }
  return text;
}

/** In JSON as UTF-8; a quotation mark, a backslash or a control character is escaped. */
function bytesOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || (code >= 0xd8_00 && code <= 0xdf_ff)) return 6;
  if (code < 0x80) return character === '"' || character === '\\' ? 2 : 1;
  if (code < 0x8_00) return 2;
  return code < 0x1_00_00 ? 3 : 4;
}
