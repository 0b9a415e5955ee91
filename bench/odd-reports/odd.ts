import { setTimeout as sleep } from 'node:timers/promises';
import { defineReport, header, section, z } from 'slack-reports/reports';

const MEGABYTE = 1_000_000;

/** Every kind of trouble that a report can make without keeping the processor for itself, which no worker survives. */
const TROUBLE: Readonly<Record<string, () => unknown>> = {
  // Texts that a pattern with a nested repetition would read for minutes.
  'long error': () => {
    throw new Error('a.'.repeat(MEGABYTE / 2));
  },
  'long secret': () => {
    throw new Error(`password=${'x'.repeat(MEGABYTE)}`);
  },
  'long brackets': () => {
    throw new Error('>"{[('.repeat(MEGABYTE / 5));
  },
  'long causes': () => {
    const last = new Error('x'.repeat(MEGABYTE));
    throw Array.from({ length: 100 }).reduce<Error>((cause) => new Error('again', { cause }), last);
  },
  'round causes': () => {
    const error = new Error('round');
    error.cause = new AggregateError([error, error], 'and round', { cause: error });
    throw error;
  },
  'no error': () => {
    // oxlint-disable-next-line only-throw-error -- what a careless report does
    throw { toString: 1, [Symbol.toPrimitive]: null, huge: 'x'.repeat(MEGABYTE) };
  },
  'hostile error': () => {
    const error = new Error('x');
    Object.defineProperty(error, 'message', {
      get() {
        throw new Error('not even that');
      },
    });
    throw error;
  },
  hang: () => new Promise(() => {}),
  late: () => sleep(20_000),
  'late rejection': () => {
    // Nothing awaits it: the process gets an unhandled rejection.
    setTimeout(() => void Promise.reject(new Error('long after the report')), 1_000);
  },
  allocate: () => Array.from({ length: 64 }, () => 'é'.repeat(MEGABYTE / 2)).join('').length,
  'large message': () => 'é'.repeat(MEGABYTE),
  'hostile text': () => `\u001b]0;x\u0007\u202E<!channel> *b* \`${'\u0301'.repeat(2_000)} ${'>'.repeat(2_000)}`,
};

/** What the soak (../soak.ts) delivers next to ordinary reports. */
export default defineReport({
  name: 'odd',
  description: 'Makes trouble of the kind that its parameter names',
  params: z.strictObject({ trouble: z.string() }),
  load: async ({ params }) => TROUBLE[params.trouble]?.(),
  render: (data) => ({
    text: 'Odd',
    blocks: [
      header('Odd'),
      ...(typeof data === 'string' ? Array.from(data.match(/.{1,2500}/gsu) ?? [], (text) => section(text)) : []),
    ],
  }),
});
