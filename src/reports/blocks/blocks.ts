import type { Block, KnownBlock } from '@slack/types';
import {
  BUTTON_TEXT_MAX,
  BUTTON_URL_MAX,
  HEADER_TEXT_MAX,
  SECTION_FIELD_TEXT_MAX,
  SECTION_FIELDS_MAX,
  SECTION_TEXT_MAX,
  TEXT_OBJECT_MAX,
} from '../../slack/block-kit/block-limits.ts';
import type { ChartSpec } from '../../slack/charts/chart-spec.ts';
import type { DataVisualizationBlock } from '../../slack/block-kit/data-visualization.ts';
import { asObject, type Json } from '../../slack/block-kit/json.ts';
import { currentFormat, type Format } from './format.ts';
import { blockTextLength } from '../../slack/block-kit/block-problems.ts';
import { exactMrkdwn } from './mrkdwn-text.ts';
import { cutParagraphs, type Inline, type Paragraph, richTextElements, shownOf, withinAddresses } from './rich.ts';
import { bold, formatted, mrkdwn, Mrkdwn, type Text, toParagraphs, toPlain, type Value, webAddress } from './text.ts';

declare const made: unique symbol;

/** A block made by one of the functions here: its texts are escaped, and it is within Slack's limits. */
export interface ReportBlock {
  readonly type: string;
  readonly [made]: true;
}

/** For block functions only: what goes in has to be escaped and within the limits already. */
export function asMade(block: KnownBlock | DataVisualizationBlock): ReportBlock {
  return block as unknown as ReportBlock;
}

interface Picture {
  chart: ChartSpec;
  altText: string;
}

/** A picture still to be drawn; `toMessage` gives it a file. */
export function asPicture(picture: Picture): ReportBlock {
  return { type: 'picture', ...picture } as unknown as ReportBlock;
}

export function isPicture(block: ReportBlock): block is ReportBlock & Picture {
  return block.type === 'picture' && 'chart' in block;
}

/** The place of a picture in its message, which names its file. */
export function asUploaded(file: number, altText: string): ReportBlock {
  return { type: 'picture', file, alt_text: altText } as unknown as ReportBlock;
}

/** The place in `files` of the picture that stands here; undefined for any other block. */
export function fileOfPicture(block: unknown): number | undefined {
  const { type, file } = asObject(block);
  return type === 'picture' && typeof file === 'number' ? file : undefined;
}

/** The block of a picture as Slack takes it; undefined for any other block. */
export function uploadedImage(block: unknown, fileId: string): Json | undefined {
  if (fileOfPicture(block) === undefined) return undefined;
  return { type: 'image', slack_file: { id: fileId }, alt_text: asObject(block)['alt_text'] };
}

/**
 * A block as Slack takes it, for what no function here makes. Nothing in it is escaped or cut for you.
 * @example rawBlock({ type: 'image', image_url: 'https://shop.example.com/logo.png', alt_text: 'Our logo' })
 */
export function rawBlock(block: KnownBlock | Block): ReportBlock {
  return block as unknown as ReportBlock;
}

/**
 * A large title without formatting; 150 characters.
 * @example header(`Orders of ${account}`)
 */
export function header(text: Value): ReportBlock {
  // With `emoji: true` Slack would make pictures of `:names:` in the data.
  const object = { type: 'plain_text' as const, text: toPlain(text, HEADER_TEXT_MAX), emoji: false };
  return noting(asMade({ type: 'header', text: object }), cutOf(text, HEADER_TEXT_MAX, 'a header'));
}

/**
 * A paragraph; 3,000 characters, in which addresses do not count.
 * @example section(mrkdwn`${bold(orders)} orders are open`)
 */
export function section(text: Text): ReportBlock {
  const { paragraphs, cuts } = fitted(text, SECTION_TEXT_MAX, 'a section');
  const exact = exactMrkdwn(paragraphs, SECTION_TEXT_MAX);
  const block = exact === undefined ? richText(paragraphs) : asMade({ type: 'section', text: mrkdwnObject(exact) });
  return noting(block, cuts);
}

/** A key figure: what it is called, and its value. A number is written with its thousands apart. */
export interface Figure {
  label: Text;
  value: Text;
  /** Said next to the value: the change against the period before. */
  note?: Text;
}

/** Characters of the parts of a figure, so that ten of them fit into a message. What is too long is cut; the value last. */
const FIGURE_MAX = { label: 150, value: 700, note: 150 };
/** Characters of the addresses of all figures of a block. */
const FIGURE_ADDRESSES_MAX = 3_000;

/**
 * Key figures, two in a row; of more than ten the first nine, and how many more there are. Numbers are written as the report's
 * readers write them, or as `format` has it. A label or a note that is too long is cut, a value only where it has more than 700
 * characters.
 * @example figures([{ label: 'Orders', value: 1284, note: '+12%' }, { label: 'Returns', value: 31 }])
 */
export function figures(all: readonly Figure[], format?: Format): ReportBlock {
  if (all.length === 0) return section((format ?? currentFormat()).words('noFigures'));
  const cuts: string[] = [];
  const shown = all.length > SECTION_FIELDS_MAX ? all.slice(0, SECTION_FIELDS_MAX - 1) : all;
  let addresses = FIGURE_ADDRESSES_MAX;
  const shortened = (text: Text, name: keyof typeof FIGURE_MAX): Text => {
    const part = fitted(text, FIGURE_MAX[name], `the ${name} of a figure`, addresses);
    addresses -= addressesIn(part.paragraphs);
    cuts.push(...part.cuts);
    return new Mrkdwn(part.paragraphs.flatMap(({ inlines }, at) => (at === 0 ? inlines : [lineBreak(), ...inlines])));
  };
  const texts: Text[] = shown.map(({ label, value, note }) => {
    // In this order: the value has the addresses first.
    const strong = bold(shortened(isNumber(value) ? formatted(value, format) : value, 'value'));
    const name = shortened(label, 'label');
    return note === undefined ? mrkdwn`${name}\n${strong}` : mrkdwn`${name}\n${strong}  ${shortened(note, 'note')}`;
  });
  if (shown.length < all.length) {
    texts.push((format ?? currentFormat()).words('moreFigures', { count: all.length - shown.length }));
    cuts.push(`${all.length - shown.length} of ${all.length} figures are left out: Slack takes ten`);
  }
  return noting(asFields(texts.map(toParagraphs)), cuts);
}

/** Fields where Slack reads each as it is meant; otherwise one figure below the other in rich text. */
function asFields(texts: readonly Paragraph[][]): ReportBlock {
  const exact = texts.map((paragraphs) => exactMrkdwn(paragraphs, SECTION_FIELD_TEXT_MAX));
  const fields = exact.filter((text) => text !== undefined);
  const block = asMade({ type: 'section', fields: fields.map(mrkdwnObject) });
  if (fields.length === texts.length && blockTextLength(block) <= FIGURES_TEXT_MAX) return block;
  return richText(texts.flat());
}

/** Less than a message takes, so that figures whose escapes make them longer are not left out of it. */
const FIGURES_TEXT_MAX = 10_000;

function isNumber(text: Text): text is number | bigint {
  return typeof text === 'number' || typeof text === 'bigint';
}

/**
 * A button that opens a page. Slack also tells your app of each click, and shows "This app is not configured to handle
 * interactive responses" where the app does not acknowledge it within three seconds. So use `section(link(label, url))`
 * unless an app of yours listens: https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
 * An address that Slack would refuse is left out, and a line says so.
 * @example button('Open the dashboard', `https://shop.example.com/accounts/${account}`)
 */
export function button(label: Value, url: string): ReportBlock {
  const address = webAddress(url);
  const name = toPlain(label, BUTTON_TEXT_MAX);
  const leftOut = (why: string) => noting(context(`${name}: link left out, ${why}`), [`the link of a button: ${why}`]);
  if (address === undefined) return leftOut('not a web address');
  if (address.length > BUTTON_URL_MAX) return leftOut(`longer than ${BUTTON_URL_MAX} characters`);
  const text = { type: 'plain_text' as const, text: name, emoji: false };
  const block = asMade({ type: 'actions', elements: [{ type: 'button', text, url: address }] });
  return noting(block, cutOf(label, BUTTON_TEXT_MAX, 'the label of a button'));
}

/**
 * Small grey print; 3,000 characters, in which addresses do not count.
 * @example context('Returns are counted when they arrive')
 */
export function context(text: Text): ReportBlock {
  return contextOf(text, TEXT_OBJECT_MAX);
}

/** Small print of at most `max` characters. */
export function contextOf(text: Text, max: number): ReportBlock {
  const { paragraphs, cuts } = fitted(text, max, 'small print', max);
  return noting(smallPrint(paragraphs), cuts);
}

/**
 * Small print is mrkdwn or plain text; Slack has no small rich text. So text that its parser would misread loses its bold and
 * italic, and is of normal size where it has links or mentions as well.
 */
function smallPrint(paragraphs: readonly Paragraph[]): ReportBlock {
  const exact = exactMrkdwn(paragraphs, TEXT_OBJECT_MAX);
  if (exact !== undefined) return asMade({ type: 'context', elements: [mrkdwnObject(exact)] });
  if (
    !paragraphs.every(({ kind, inlines }) => kind === 'section' && inlines.every((inline) => inline.kind === 'text'))
  ) {
    return richText(paragraphs);
  }
  const text = paragraphs.map(({ inlines }) => inlines.map(shownOf).join('')).join('\n');
  return asMade({ type: 'context', elements: [{ type: 'plain_text', text, emoji: false }] });
}

/**
 * A thin line between two blocks.
 * @example blocks: [header('Orders'), divider(), section('No returns')]
 */
export function divider(): ReportBlock {
  return asMade({ type: 'divider' });
}

/** What does not fit into a block is cut, and what was cut is said in `cutsIn`. */
function fitted(text: Text, max: number, place: string, addressesMax = ADDRESSES_MAX) {
  const cut = cutParagraphs(toParagraphs(text), max);
  const linked = withinAddresses(cut.paragraphs, addressesMax);
  const links = linked.leftOut === 1 ? '1 link is' : `${linked.leftOut} links are`;
  const cuts = [
    ...(cut.isCut ? [`${place}: cut after ${max} characters`] : []),
    ...(linked.leftOut > 0 ? [`${place}: ${links} left out: their addresses are too long for a message`] : []),
  ];
  return { paragraphs: linked.paragraphs, cuts };
}

/** Characters of all addresses in a block: a message has room for 11,000 in all. */
const ADDRESSES_MAX = 3_000;

function addressesIn(paragraphs: readonly Paragraph[]): number {
  const links = paragraphs.flatMap(({ inlines }) =>
    inlines.map((inline) => (inline.kind === 'link' ? inline.url : '')),
  );
  return links.reduce((sum, url) => sum + url.length, 0);
}

function lineBreak(): Inline {
  return { kind: 'text', text: '\n', style: {} };
}

function cutOf(value: Value, max: number, place: string): string[] {
  return toPlain(value, Infinity).length > max ? [`${place}: cut after ${max} characters`] : [];
}

/** Every text in it is shown as it is. */
function richText(paragraphs: readonly Paragraph[]): ReportBlock {
  return { type: 'rich_text', elements: richTextElements(paragraphs) } as unknown as ReportBlock;
}

/** Verbatim: Slack makes links and mentions of what is written as one, and of no address or `@name` in the data. */
function mrkdwnObject(text: string) {
  return { type: 'mrkdwn' as const, text, verbatim: true };
}

/** Not part of the block that Slack gets, nor of its JSON. */
const CUTS = Symbol('cuts');

/** Notes what of the data the block does not show. */
export function noting(block: ReportBlock, cuts: readonly string[]): ReportBlock {
  if (cuts.length > 0) Object.defineProperty(block, CUTS, { value: [...cutsOf(block), ...cuts], configurable: true });
  return block;
}

/** What of the data the blocks do not show: texts that were cut, figures and links that were left out. */
export function cutsIn(blocks: readonly ReportBlock[]): string[] {
  return [...new Set(blocks.flatMap(cutsOf))];
}

function cutsOf(block: ReportBlock): readonly string[] {
  return (block as { [CUTS]?: readonly string[] })[CUTS] ?? [];
}
