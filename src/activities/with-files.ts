import { fileOfPicture, uploadedImage } from '../reports/blocks/blocks.ts';
import { join, link, mrkdwn, type Text, toMrkdwn } from '../reports/blocks/text.ts';
import type { DeliveryError, StoredMessage } from '../domain/delivery.ts';
import { replaceCharts } from '../slack/chart-fallbacks.ts';
import type { ChartSpec } from '../slack/charts/chart-spec.ts';
import type { FallbackRequest } from '../slack/fallbacks.ts';
import type { DeliveryFile } from '../store/ledger/files.ts';

/** A message as Slack takes it: its pictures by the ids of their files. */
export interface Sendable extends Pick<FallbackRequest, 'text' | 'blocks' | 'pictures' | 'uploadedAt' | 'sharesFiles'> {
  /** Files that did not get to Slack: their tables, or a line of text, stand in their place. */
  missing?: DeliveryError | undefined;
}

/** A line for a file; Slack's limit for the text of a message is 4,000. */
const FILES_TEXT_MAX = 3_000;

/** Puts what was uploaded into a message. A report without its picture is better than none. */
export function withFiles(message: StoredMessage, files: readonly DeliveryFile[]): Sendable {
  return message.attached === undefined ? withPictures(message, files) : fileLinks(message.attached, files);
}

function withPictures({ text, blocks }: StoredMessage, files: readonly DeliveryFile[]): Sendable {
  const shown = blocks.map((block) => files[fileOfPicture(block) ?? -1]);
  if (shown.every((file) => file === undefined)) return { text, blocks };
  const pictures = new Map<number, ChartSpec>();
  for (const [at, file] of shown.entries()) if (file?.file?.chart !== undefined) pictures.set(at, file.file.chart);
  const images = blocks.map((block, at) => uploadedImage(block, shown[at]?.uploaded?.fileId ?? '') ?? block);
  return {
    text,
    blocks: replaceCharts(images, pictures, (at) => shown[at] !== undefined && shown[at].uploaded === undefined),
    pictures,
    uploadedAt: Math.max(...shown.map((file) => Date.parse(file?.uploaded?.at ?? '1970-01-01'))),
    missing: missingOf(shown.filter((file) => file !== undefined)),
  };
}

/**
 * A text with the addresses of the files and no blocks. When the app that uploaded a file posts its address, Slack shares
 * the file with the channel and shows it: https://github.com/slackapi/bolt-python/issues/1018
 */
function fileLinks(places: readonly number[], files: readonly DeliveryFile[]): Sendable {
  const attached = places.flatMap((place) => files[place] ?? []);
  return {
    text: toMrkdwn(join(attached.map(lineOf)), FILES_TEXT_MAX),
    blocks: [],
    sharesFiles: true,
    missing: missingOf(attached),
  };
}

function lineOf({ file, uploaded, error }: DeliveryFile): Text {
  const title = file?.title ?? 'A file';
  const permalink = uploaded?.permalink;
  if (permalink === undefined) return `${title} could not be attached (${error?.code ?? 'not uploaded'})`;
  return file?.about === undefined ? link(title, permalink) : mrkdwn`${link(title, permalink)} (${file.about})`;
}

function missingOf(files: readonly DeliveryFile[]): DeliveryError | undefined {
  const missing = files.filter(({ uploaded }) => uploaded === undefined);
  if (missing.length === 0) return undefined;
  const names = missing.map(({ file, nr }) => file?.name ?? `file ${nr}`).join(', ');
  const reason = missing[0]?.error?.message ?? 'there was no time to upload it';
  return { code: 'file_missing', message: `Posted without ${names}: ${reason}` };
}
