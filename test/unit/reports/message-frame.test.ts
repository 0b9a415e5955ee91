import { describe, expect, test } from 'vitest';
import { LATE_REASONS } from '../../../src/domain/still-due.ts';
import type { Due } from '../../../src/domain/notification.ts';
import { formatFor } from '../../../src/reports/blocks/format.ts';
import { LANGUAGES, spokenLocale } from '../../../src/reports/blocks/words.ts';
import { section } from '../../../src/reports/blocks/blocks.ts';
import { footer, lateLine } from '../../../src/reports/message-frame.ts';
import { toMessage } from '../../../src/reports/message.ts';
import { BLOCKS_PER_MESSAGE_MAX } from '../../../src/slack/block-kit/block-limits.ts';
import { dueBy } from '../../support/due.ts';

const dueAt = new Date('2026-11-23T08:00:00Z');
const reason = 'nothing was running';

test.each([
  ['2026-11-23T08:42:10Z', 'Europe/Berlin', 'Due 9:00 AM, posted 9:42 AM: nothing was running'],
  ['2026-11-23T08:42:10Z', undefined, 'Due 8:00 AM UTC, posted 8:42 AM UTC: nothing was running'],
  ['2026-11-23T16:00:00Z', 'Asia/Tokyo', 'Due Nov 23, 5:00 PM, posted Nov 24, 1:00 AM: nothing was running'],
])('posted at %s in %s', (postedAt, timezone, line) => {
  const late = { dueAt, postedAt: new Date(postedAt), timezone, reason };
  expect(plainSpaces(lateLine(late, formatFor()))).toBe(line);
});

test('the line is in the language of the message', () => {
  const late = { dueAt, postedAt: new Date('2026-11-23T08:42:10Z'), timezone: 'Europe/Berlin', reason };
  expect(lateLine(late, formatFor('de-DE'))).toBe('Fällig 09:00, gesendet 09:42: das System lief nicht');
});

test.each(Object.values(LATE_REASONS))('that a report is late because "%s" is said in each language', (why) => {
  const late = { dueAt, postedAt: dueAt, timezone: 'UTC', reason: why };
  const lines = LANGUAGES.map((language) => lateLine(late, formatFor(language)));
  expect(lines.map((line) => line.includes(why))).toEqual(LANGUAGES.map((language) => language === 'en'));
});

const plainSpaces = (text: string) => text.replaceAll(/[\u00A0\u202F]/g, ' ');
const said = (due: Due | undefined, locale = 'en-US', channel = 'C0ACME') =>
  plainSpaces(String(footer({ name: 'Acme weekly', channel, due }, formatFor(locale))));

describe('the end of a report says to its readers why they get it', () => {
  test.each<[Due | undefined, string]>([
    [
      dueBy('0 9 * * MON'),
      'You get this every Monday at 9:00 AM (Europe/Berlin), because “Acme weekly” is set up for this channel.',
    ],
    [
      { kind: 'schedule', scheduleId: 'weekdays', afterOutage: 'newest' },
      'You get this each time the schedule weekdays runs, because “Acme weekly” is set up for this channel.',
    ],
    [{ kind: 'on-demand' }, 'You get this because someone asked for “Acme weekly” now.'],
    [{ kind: 'once' }, 'You get this once: “Acme weekly” was planned for this time.'],
    [{ kind: 'source', source: 'customers' }, 'You get this because customers has it for this channel.'],
    [undefined, 'This was the last one: “Acme weekly” has been removed.'],
  ])('%o', (due, text) => {
    expect(said(due)).toBe(text);
  });

  test('a direct message speaks of its reader, not of a channel', () => {
    expect(said(dueBy('0 9 * * *'), 'en-US', 'U0ANNA')).toContain('because “Acme weekly” is set up for you.');
  });

  test.each([
    ['de-DE', '0 9 * * MON', 'Sie erhalten dies jeden Montag um 09:00 Uhr (Europe/Berlin), weil'],
    ['de-DE', '30 8 * * MON-FRI', 'Sie erhalten dies montags bis freitags um 08:30 Uhr (Europe/Berlin), weil'],
    ['de-DE', '0 9 * * MON,THU', 'Sie erhalten dies jeden Montag und Donnerstag um 09:00 Uhr (Europe/Berlin), weil'],
    ['fr-FR', '0 9 1 * *', 'Vous recevez ce message le 1er de chaque mois à 09:00 (Europe/Berlin), car'],
    ['fr-FR', '0 9 2 * *', 'Vous recevez ce message le 2 de chaque mois à 09:00 (Europe/Berlin), car'],
    ['es-ES', '0 9,17 * * *', 'Recibes esto cada día (9:00 y 17:00, Europe/Berlin), porque'],
    ['en-GB', '0 9,17 * * *', 'You get this every day at 09:00 and 17:00 (Europe/Berlin), because'],
    ['ja-JP', '*/15 * * * *', 'このチャンネルに設定されているため、15 分ごとに届きます。'],
    ['de-DE', '0 * * * *', 'Sie erhalten dies stündlich, weil'],
    ['de-DE', '0 9 * 1 MON', 'Sie erhalten dies regelmäßig, weil'],
    ['pt-BR', '0 9 * * MON', 'You get this every Monday at 9:00 AM'],
  ])('in %s, of %s', (locale, cron, text) => {
    expect(said(dueBy(cron), spokenLocale(locale, LANGUAGES))).toContain(text);
  });
});

test('the line stands above the report, and is not what is cut of a report that is too long', () => {
  const blocks = Array.from({ length: BLOCKS_PER_MESSAGE_MAX }, (_, index) => section(`Block ${index}`));
  const message = toMessage('long', { text: 'Long', blocks }, 'Due <09:00>');
  // Two are kept free for the small print.
  expect(message.blocks).toHaveLength(BLOCKS_PER_MESSAGE_MAX - 2);
  expect(JSON.stringify(message.blocks[0])).toContain('Due &lt;09:00&gt;');
  expect(JSON.stringify(message.blocks.at(-1))).toContain('4 more blocks did not fit');
  expect(message.text).toBe('Long');
});

test('a message without blocks has it in its text, which is shown as a paragraph', () => {
  expect(toMessage('text', { text: 'Hello', blocks: [] }, 'Due 09:00')).toEqual({
    text: 'Due 09:00\nHello',
    blocks: [section('Due 09:00\nHello')],
  });
});
