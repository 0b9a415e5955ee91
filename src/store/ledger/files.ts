import type { Kysely } from 'kysely';
import type { DeliveryError } from '../../domain/delivery.ts';
import type { ChartSpec } from '../../slack/charts/chart-spec.ts';
import { errorColumns, toError } from './delivery-rows.ts';
import type { Database } from '../schema.ts';

/** A file as it is kept until its upload: a picture still to be drawn, or a text. */
export interface StoredFile {
  name: string;
  title: string;
  altText?: string;
  chart?: ChartSpec;
  text?: string;
  /** What the file holds: "120 rows". */
  about?: string;
}

/** A file of a report, private to the app until a post shows it: to upload it twice does no harm. */
export interface DeliveryFile {
  /** From 0: what the blocks of a message call it. */
  nr: number;
  /** Undefined once no post needs it. */
  file: StoredFile | undefined;
  /** Where it is at Slack; undefined until it is uploaded. */
  uploaded: { fileId: string; permalink: string | undefined; at: string } | undefined;
  /** Why it could not be uploaded so far. */
  error: DeliveryError | undefined;
}

/** The files of a report: what they hold, and where they are at Slack. */
export function files(db: Kysely<Database>) {
  const at = (reportId: string, nr: number) =>
    db.updateTable('delivery_files').where('delivery_id', '=', reportId).where('nr', '=', nr);
  return {
    /** In the order of their numbers. */
    async list(reportId: string): Promise<DeliveryFile[]> {
      const rows = await db
        .selectFrom('delivery_files')
        .selectAll()
        .where('delivery_id', '=', reportId)
        .orderBy('nr')
        .execute();
      return rows.map((row) => ({
        nr: row.nr,
        file: row.file === null ? undefined : (JSON.parse(row.file) as StoredFile),
        uploaded:
          row.file_id === null
            ? undefined
            : { fileId: row.file_id, permalink: row.permalink ?? undefined, at: row.uploaded_at ?? '' },
        error: toError(row),
      }));
    },

    async uploaded(reportId: string, nr: number, { id, permalink }: { id: string; permalink: string | undefined }) {
      await at(reportId, nr)
        .set({
          file_id: id,
          permalink: permalink ?? null,
          uploaded_at: new Date().toISOString(),
          error_code: null,
          error_message: null,
        })
        .execute();
    },

    /** Why it is not at Slack; it may be tried again. */
    async notUploaded(reportId: string, nr: number, error: DeliveryError): Promise<void> {
      await at(reportId, nr).set(errorColumns(error)).execute();
    },

    /** The posts that show them have ended. */
    drop: (reportId: string) => dropFiles(db, reportId),
  };
}

/** What the files hold is kept no longer than it is needed; where they are at Slack stays known. */
export async function dropFiles(db: Kysely<Database>, reportId: string): Promise<void> {
  await db.updateTable('delivery_files').set({ file: null }).where('delivery_id', '=', reportId).execute();
}
