import type { DataConverter } from '@temporalio/common';
import { moduleFile } from '../lib/module-file.ts';
import { encryptionCodec } from './encryption.ts';
import type { CodecKeys } from './keys.ts';

/** For bundles of workflows that are made with the codec on. */
export const failureConverterPath = moduleFile('failure-converter', import.meta.url);

/** What clients, workers and replays convert payloads with; one without keys can still tell that one is missing. */
export function dataConverterOf(keys: CodecKeys | undefined): DataConverter {
  return { payloadCodecs: [encryptionCodec(keys)], ...(keys !== undefined && { failureConverterPath }) };
}

/**
 * A bundle has its failure converter built in, so `npm run build` makes two: `workflows.js`, and `workflows.encrypted.js`
 * for workers with the payload codec on.
 */
export function bundleFor(file: string, encrypted: boolean): string {
  return encrypted ? file.replace(/(\.[^./]+)?$/, (extension) => `.encrypted${extension}`) : file;
}
