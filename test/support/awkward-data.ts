import * as fc from 'fast-check';
import type { Value } from '../../src/reports/blocks/text.ts';

const AWKWARD = [
  '',
  '   ',
  '\n',
  '<!channel>',
  '<!here|here>',
  '<!subteam^S0OPS>',
  '<@U0ANNA>',
  '@channel',
  '<https://evil.example|Acme>',
  'https://evil.example',
  '&lt;!channel&gt;',
  '<',
  '>',
  '&',
  '|',
  '*_~`',
  '```',
  '> quoted',
  'a\n> quoted\nb',
  '＞ quoted',
  '*bold*',
  '_italic_ ~gone~',
  '`code` and *2*3 = *6**',
  '```\nfence\n``` after',
  '＊bold＊ ＿italic＿ ｀code｀',
  'これは*太字*です',
  'snake_case_name 2*3*4',
  '_a*b_',
  ':tada:',
  'at 09:30:45',
  'a:white_check_mark:b',
  ':',
  '*',
  ' * ',
  '\n*a',
  'b*\n',
  '- one\n- two\n1. three',
  'e\u0301'.repeat(90),
  '\uFDD01\uFDD1',
  '🎉'.repeat(90),
  '👩‍👩‍👧‍👦',
  '\uD83C',
  '\uDF89 half',
  'مرحبا بالعالم',
  '\u202Egnp.exe',
  'a\u0000b\u0007',
];

/** Longer than any text of a block may be. */
const TOO_LONG = ['x'.repeat(5_000), '&'.repeat(4_000), '<!channel>'.repeat(500)];

/** Characters of all planes, and halves of some. Fast-check's own `unit: 'binary'` takes a second to make. */
export function anyCharacters(maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.nat({ max: 0x10_ff_ff }), { maxLength }).map((points) => String.fromCodePoint(...points));
}

/** Texts as a database may hold them: any characters, halves of emoji, markup, far too long. */
export const awkwardText = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(...AWKWARD) },
  { weight: 10, arbitrary: anyCharacters(60) },
  { weight: 5, arbitrary: fc.array(fc.constantFrom(...AWKWARD), { maxLength: 8 }).map((parts) => parts.join('')) },
  // The few characters before it shift the place where it is cut.
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...AWKWARD), fc.constantFrom(...TOO_LONG)).map((two) => two.join('')),
  },
);

export const awkwardNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE),
);

export const awkwardValue: fc.Arbitrary<Value> = fc.oneof(
  awkwardText,
  awkwardNumber,
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
);

/** Few most of the time, and now and then as many as ten thousand. */
export function awkwardMany<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.oneof(
    { weight: 100, arbitrary: fc.array(one, { maxLength: 12 }) },
    { weight: 5, arbitrary: fc.array(one, { minLength: 19, maxLength: 130, size: 'max' }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.array(one, { minLength: 1, maxLength: 5 }), fc.constantFrom(98, 99, 100, 10_000))
        .map(([some, length]) => Array.from({ length }, (_, at) => some[at % some.length] as T)),
    },
  );
}
