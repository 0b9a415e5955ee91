import type { Kysely, Selectable } from 'kysely';
import type { ParkedState } from '../domain/notification.ts';
import { toParkedState } from './notification-rows.ts';
import type { Database, WorkspaceRow } from './schema.ts';

export interface Workspace {
  id: string;
  name: string;
  /** Where the token is, never the token: `env:SLACK_BOT_TOKEN`, `file:/run/secrets/slack`, or `sandbox`. */
  tokenRef: string;
  /** Set while Slack refuses the workspace as a whole: nothing is posted there until it is resumed. */
  parked?: ParkedState | undefined;
  /** ISO 8601. */
  createdAt: string;
}

/** A workspace that Slack refused. */
export interface ParkedWorkspace {
  id: string;
  tokenRef: string;
  /** Of the token that was refused; undefined where there was none. */
  tokenHash: string | undefined;
}

/** Slack workspaces and where their tokens are kept. */
export function workspaces(db: Kysely<Database>) {
  return {
    /** Adds the workspace, or changes name and token reference of the one with this id. */
    async put(workspace: { id: string; name: string; tokenRef: string }): Promise<void> {
      const { id, name, tokenRef: token_ref } = workspace;
      await db
        .insertInto('workspaces')
        .values({ id, name, token_ref, created_at: new Date().toISOString() })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ name, token_ref }))
        .execute();
    },

    async find(id: string): Promise<Workspace | undefined> {
      const row = await db.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toWorkspace(row);
    },

    /** Before it is parked: the token that Slack refused, by its hash; undefined where there was none. The first stays. */
    async noteRefused(id: string, tokenHash: string | undefined): Promise<void> {
      const set = { parked_token: tokenHash ?? null };
      await db.updateTable('workspaces').set(set).where('id', '=', id).where('parked_at', 'is', null).execute();
    },

    /** Those that are parked; only the one with this id, if one is named. */
    async parked(id?: string): Promise<ParkedWorkspace[]> {
      let query = db.selectFrom('workspaces').select(['id', 'token_ref', 'parked_token']);
      if (id !== undefined) query = query.where('id', '=', id);
      const rows = await query.where('parked_at', 'is not', null).orderBy('id').execute();
      return rows.map((row) => ({ id: row.id, tokenRef: row.token_ref, tokenHash: row.parked_token ?? undefined }));
    },

    async list(): Promise<Workspace[]> {
      const rows = await db.selectFrom('workspaces').selectAll().orderBy('id').execute();
      return rows.map(toWorkspace);
    },
  };
}

function toWorkspace(row: Selectable<WorkspaceRow>): Workspace {
  const { id, name, token_ref: tokenRef, created_at: createdAt } = row;
  const parked = toParkedState(row);
  return { id, name, tokenRef, ...(parked && { parked }), createdAt };
}
