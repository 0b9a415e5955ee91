import type { Block, KnownBlock } from '@slack/types';
import {
  BUTTON_TEXT_MAX,
  BUTTON_URL_MAX,
  HEADER_TEXT_MAX,
  SECTION_FIELDS_MAX,
  SECTION_TEXT_MAX,
  TEXT_OBJECT_MAX,
} from '../../slack/block-kit/block-limits.ts';
import type { ChartSpec } from '../../slack/charts/chart-spec.ts';
import type { DataVisualizationBlock } from '../../slack/block-kit/data-visualization.ts';
import { asObject, type Json } from '../../slack/block-kit/json.ts';
import type { Format } from './format.ts';
import { bold, formatted, mrkdwn, type Text, toMrkdwn, toPlain, type Value, webAddress } from './text.ts';

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
 * A large plain title; 150 characters.
 * @example header(`Orders of ${account}`)
 */
export function header(text: Value): ReportBlock {
  return asMade({ type: 'header', text: { type: 'plain_text', text: toPlain(text, HEADER_TEXT_MAX), emoji: true } });
}

/**
 * A paragraph; 3,000 characters.
 * @example section(mrkdwn`${bold(orders)} orders are open`)
 */
export function section(text: Text): ReportBlock {
  return asMade({ type: 'section', text: mrkdwnObject(text, SECTION_TEXT_MAX) });
}

/** A key figure: what it is called, and its value. A number is written with its thousands apart. */
export interface Figure {
  label: Text;
  value: Text;
  /** Said beside the value: the change against the period before. */
  note?: Text;
}

/** A figure is read at a glance; Slack would take 2,000 characters, but not ten times in one message. */
const FIGURE_TEXT_MAX = 300;

/**
 * Key figures, two in a row; of more than ten the first nine, and how many there are besides. Numbers are written as
 * `format` has it, the one of the report's context; without it as in American English.
 * @example figures([{ label: 'Orders', value: 1284, note: '+12%' }, { label: 'Returns', value: 31 }], format)
 */
export function figures(all: readonly Figure[], format?: Format): ReportBlock {
  if (all.length === 0) return section('No figures');
  const shown = all.length > SECTION_FIELDS_MAX ? all.slice(0, SECTION_FIELDS_MAX - 1) : all;
  const texts: Text[] = shown.map(({ label, value, note }) => {
    const strong = bold(isNumber(value) ? formatted(value, format) : value);
    return note === undefined ? mrkdwn`${label}\n${strong}` : mrkdwn`${label}\n${strong}  ${note}`;
  });
  if (shown.length < all.length) texts.push(`… ${all.length - shown.length} more`);
  return asMade({ type: 'section', fields: texts.map((text) => mrkdwnObject(text, FIGURE_TEXT_MAX)) });
}

function isNumber(text: Text): text is number | bigint {
  return typeof text === 'number' || typeof text === 'bigint';
}

/**
 * A button that opens a page. An address that Slack would refuse is left out, and a line says so.
 * @example button('Open the dashboard', `https://shop.example.com/accounts/${account}`)
 */
export function button(label: Value, url: string): ReportBlock {
  const address = webAddress(url);
  if (address === undefined) return context(`${toPlain(label, BUTTON_TEXT_MAX)}: link left out, not a web address`);
  if (address.length > BUTTON_URL_MAX) {
    return context(`${toPlain(label, BUTTON_TEXT_MAX)}: link left out, longer than ${BUTTON_URL_MAX} characters`);
  }
  const text = { type: 'plain_text' as const, text: toPlain(label, BUTTON_TEXT_MAX), emoji: true };
  return asMade({ type: 'actions', elements: [{ type: 'button', text, url: address }] });
}

/**
 * Small grey print; 3,000 characters.
 * @example context('Returns are counted when they arrive')
 */
export function context(text: Text): ReportBlock {
  return asMade({ type: 'context', elements: [mrkdwnObject(text, TEXT_OBJECT_MAX)] });
}

/**
 * A thin line between two blocks.
 * @example blocks: [header('Orders'), divider(), section('No returns')]
 */
export function divider(): ReportBlock {
  return asMade({ type: 'divider' });
}

/** Verbatim: Slack makes links and mentions of what is written as one, and of no address or `@name` in the data. */
function mrkdwnObject(text: Text, max: number) {
  return { type: 'mrkdwn' as const, text: toMrkdwn(text, max), verbatim: true };
}
