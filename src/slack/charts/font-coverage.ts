import { readFileSync } from 'node:fs';

/**
 * Whether a TrueType font has a glyph for a character. A character without one is drawn as an empty box.
 * https://learn.microsoft.com/typography/opentype/spec/cmap
 */
export function glyphsOf(fontFile: string): (codePoint: number) => boolean {
  const font = readFileSync(fontFile);
  const cmap = tableAt(font, 'cmap');
  const ranges = subtables(font, cmap).flatMap((at) => rangesOf(font, at));
  return (codePoint) =>
    ranges.some(({ first, last, has }) => codePoint >= first && codePoint <= last && has(codePoint));
}

interface Range {
  first: number;
  last: number;
  has: (codePoint: number) => boolean;
}

function tableAt(font: Buffer, tag: string): number {
  const tables = font.readUInt16BE(4);
  for (let nr = 0; nr < tables; nr += 1) {
    const at = 12 + nr * 16;
    if (font.toString('latin1', at, at + 4) === tag) return font.readUInt32BE(at + 8);
  }
  throw new Error(`The font has no table ${tag}`);
}

function subtables(font: Buffer, cmap: number): number[] {
  const count = font.readUInt16BE(cmap + 2);
  return Array.from({ length: count }, (_, nr) => cmap + font.readUInt32BE(cmap + 4 + nr * 8 + 4));
}

/** Formats 4 and 12 hold all of Unicode that a font has; other formats repeat a part of it. */
function rangesOf(font: Buffer, at: number): Range[] {
  const format = font.readUInt16BE(at);
  if (format === 12) {
    const groups = font.readUInt32BE(at + 12);
    return Array.from({ length: groups }, (_, nr) => {
      const group = at + 16 + nr * 12;
      return { first: font.readUInt32BE(group), last: font.readUInt32BE(group + 4), has: () => true };
    });
  }
  return format === 4 ? segmentsOf(font, at) : [];
}

function segmentsOf(font: Buffer, at: number): Range[] {
  const length = font.readUInt16BE(at + 6);
  const [ends, starts] = [at + 14, at + 16 + length];
  const [deltas, offsets] = [starts + length, starts + 2 * length];
  return Array.from({ length: length / 2 }, (_, nr) => {
    const [first, last] = [font.readUInt16BE(starts + nr * 2), font.readUInt16BE(ends + nr * 2)];
    const delta = font.readUInt16BE(deltas + nr * 2);
    const offset = font.readUInt16BE(offsets + nr * 2);
    const glyph = (codePoint: number) => {
      if (offset === 0) return (codePoint + delta) & 0xff_ff;
      const index = font.readUInt16BE(offsets + nr * 2 + offset + (codePoint - first) * 2);
      return index === 0 ? 0 : (index + delta) & 0xff_ff;
    };
    // The last segment ends the list; it is no character.
    return { first, last, has: (codePoint) => codePoint !== 0xff_ff && glyph(codePoint) !== 0 };
  });
}
