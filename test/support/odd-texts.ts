import * as fc from 'fast-check';

/** Texts that are nearly a time, a date, a duration, a zone or a cron, and some that are. */

const two = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, '0'));
export const oddDate = fc
  .tuple(fc.constantFrom('2026', '2027', '2028', '0000', '9999'), two, two)
  .map((parts) => parts.join('-'));
export const oddZone = fc.constantFrom(
  '',
  ' ',
  'UTC',
  'EUROPE/KYIV',
  'asia/kolkata',
  'US/Pacific-New',
  'CET',
  '+01:00',
  'Europe/Berln',
  '9:00',
  '__proto__',
);
const unit = fc.constantFrom(
  '',
  's',
  'ms',
  'm',
  'M',
  'min',
  'hours',
  'days',
  'weeks',
  'months',
  'year',
  'fortnight',
  'constructor',
);
export const oddDuration = fc
  .tuple(fc.oneof(fc.integer(), fc.double(), fc.bigInt()), fc.constantFrom('', ' ', '\u00A0'), unit)
  .map((parts) => parts.join(''));
export const oddTime = fc
  .tuple(
    oddDate,
    fc.constantFrom('T', ' ', '  ', 't', ''),
    fc.oneof(two, fc.nat(30).map(String)),
    two,
    fc.constantFrom('', 'Z', '+01:00', '+99:99', ' pm'),
    oddZone,
  )
  .map(([day, gap, hour, minute, offset, name]) => `${day}${gap}${hour}:${minute}${offset} ${name}`);
const cron = fc.constantFrom('0 9 * * *', '*/15 * * * *', '0 9 31 2 *', '0 9 29 2 *', '99 * * * *', '@daily');

/** Values of every kind in every field, and whatever else. */
export const oddTexts = fc.oneof(
  oddDate,
  oddZone,
  oddDuration,
  oddTime,
  cron,
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('none', '12-25', '02-30', '36000', '30'),
);

/** Columns of a notification in a file that take a time, a date, a duration or a zone. */
export const TIME_COLUMNS = [
  'cron',
  'every',
  'timezone',
  'start',
  'end',
  'skip',
  'catch_up',
  'window',
  'nth_day',
  'dst_gap',
  'step',
] as const;
