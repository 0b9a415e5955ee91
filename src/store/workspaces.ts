import type { Kysely, Selectable } from 'kysely';
import type { Database, WorkspaceRow } from './schema.ts';

export type Workspace = Selectable<WorkspaceRow>;

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
      return db.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst();
    },

    async list(): Promise<Workspace[]> {
      return db.selectFrom('workspaces').selectAll().orderBy('id').execute();
    },
  };
}
