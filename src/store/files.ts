import type { Kysely, Selectable } from 'kysely';
import type { ChartSpec } from '../slack/charts/chart-spec.ts';
import { type DeliveryError, errorColumns } from './delivery-log.ts';
import { dropFiles } from './parts.ts';
import type { Database, DeliveryFileRow } from './schema.ts';

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

export interface DeliveryFile extends Omit<Selectable<DeliveryFileRow>, 'file'> {
  /** Undefined when nobody needs it any more. */
  file: StoredFile | undefined;
}

/** The files of a delivery: what they hold, and where they are at Slack. */
export function files(db: Kysely<Database>) {
  const at = (deliveryId: string, nr: number) =>
    db.updateTable('delivery_files').where('delivery_id', '=', deliveryId).where('nr', '=', nr);
  return {
    /** In the order of their numbers. */
    async list(deliveryId: string): Promise<DeliveryFile[]> {
      const rows = await db
        .selectFrom('delivery_files')
        .selectAll()
        .where('delivery_id', '=', deliveryId)
        .orderBy('nr')
        .execute();
      return rows.map((row) => ({
        ...row,
        file: row.file === null ? undefined : (JSON.parse(row.file) as StoredFile),
      }));
    },

    async uploaded(deliveryId: string, nr: number, { id, permalink }: { id: string; permalink: string | null }) {
      await at(deliveryId, nr)
        .set({ file_id: id, permalink, uploaded_at: new Date().toISOString(), error_code: null, error_message: null })
        .execute();
    },

    /** Why it is not at Slack; it may be tried again. */
    async notUploaded(deliveryId: string, nr: number, error: DeliveryError): Promise<void> {
      await at(deliveryId, nr).set(errorColumns(error)).execute();
    },

    /** The message that shows them is posted. */
    drop: (deliveryId: string) => dropFiles(db, deliveryId),
  };
}
