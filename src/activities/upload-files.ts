import { ApplicationFailure } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { messageOf } from '../lib/errors.ts';
import { drawPng } from '../slack/charts/draw-chart.ts';
import type { Ambiguous, NotPosted, SlackFailure } from '../slack/errors.ts';
import { TokenError } from '../slack/tokens.ts';
import { type Upload, type Uploaded, uploadPrivately } from '../slack/upload.ts';
import type { StoredFile } from '../store/ledger/files.ts';
import type { Work } from '../store/ledger/work.ts';
import type { Dependencies } from './dependencies.ts';
import { retryIn, withHeartbeat } from './support.ts';

export function uploadFilesActivities({ store, slack }: Dependencies) {
  return {
    /**
     * Draws the pictures of a delivery and uploads its files, before the post that shows them. What is uploaded already is not
     * uploaded again, what cannot be is noted, and the post does without it. Fails only where trying again may help.
     */
    async uploadFiles({ deliveryId }: { deliveryId: string }): Promise<{ uploaded: number }> {
      const work = await store.work.find(deliveryId);
      const client = work === undefined ? undefined : await clientOf(work);
      // The post will find out the same, and park the delivery.
      if (client === undefined) return { uploaded: 0 };
      return withHeartbeat(() => upload(deliveryId, client));
    },
  };

  async function upload(deliveryId: string, client: WebClient): Promise<{ uploaded: number }> {
    let again: NotPosted | Ambiguous | undefined;
    let uploaded = 0;
    for (const { nr, file, uploaded: atSlack } of await store.files.list(deliveryId)) {
      if (atSlack !== undefined || file === undefined) continue;
      const result = await drawAndUpload(client, file);
      if (result.kind === 'uploaded') {
        await store.files.uploaded(deliveryId, nr, result);
        uploaded += 1;
        continue;
      }
      await store.files.notUploaded(deliveryId, nr, result);
      if (result.kind !== 'refused') again = result;
    }
    if (again === undefined) return { uploaded };
    const message = `Not uploaded: ${again.message}`;
    throw again.kind === 'ambiguous' || again.retryAfterMs === undefined
      ? ApplicationFailure.retryable(message, again.code)
      : retryIn(again.retryAfterMs, again.code, message);
  }

  async function clientOf({ workspace, parked }: Work): Promise<WebClient | undefined> {
    if (workspace === undefined || parked !== undefined) return undefined;
    try {
      return await slack.of(workspace);
    } catch (error) {
      // A vault that could not be asked may be back soon.
      if (error instanceof TokenError && error.code !== 'token_unavailable') return undefined;
      throw error;
    }
  }
}

async function drawAndUpload(client: WebClient, file: StoredFile): Promise<Uploaded | SlackFailure> {
  let bytes: Upload['bytes'];
  try {
    bytes = await bytesOf(file);
  } catch (error) {
    // The same chart is drawn the same way again.
    const message = `The picture could not be drawn: ${messageOf(error)}`;
    return { kind: 'refused', scope: 'message', code: 'not_drawn', message };
  }
  return uploadPrivately(client, { ...file, bytes });
}

async function bytesOf({ chart, text = '' }: StoredFile): Promise<Upload['bytes']> {
  return new Uint8Array(chart === undefined ? new TextEncoder().encode(text) : await drawPng(chart));
}
