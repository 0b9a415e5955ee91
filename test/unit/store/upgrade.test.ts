import { Kysely, sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/lib/errors.ts';
import { type Kind, migrations } from '../../../src/store/migrations.ts';
import { openStore, type Store } from '../../../src/store/open.ts';
import { bringUpToDate } from '../../../src/store/upgrade.ts';
import { isMissing, STORE_KINDS, temporaryStore } from '../../support/store.ts';

const EXPAND = '002_expand_colour';
const CONTRACT = '003_contract_colour';

/** What a later version may bring: a column, and a release later without it. */
const LATER = {
  [EXPAND]: {
    up: (db: Kysely<unknown>) => db.schema.alterTable('notifications').addColumn('colour', 'text').execute(),
  },
  [CONTRACT]: { up: (db: Kysely<unknown>) => db.schema.alterTable('notifications').dropColumn('colour').execute() },
};

function laterVersion(...names: (keyof typeof LATER)[]) {
  const added = Object.fromEntries(names.map((name) => [name, LATER[name]]));
  return (kind: Kind) => ({ ...migrations(kind), ...added });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'taken';
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
}

/** Opens the store as a later version would, with these migrations after today's. */
function asLater({ store, kind }: OpenedStore, names: (keyof typeof LATER)[], upgrade: boolean) {
  return bringUpToDate(store.db, { kind, place: 'here', upgrade, migrationsOf: laterVersion(...names) });
}

interface OpenedStore {
  store: Store;
  kind: Kind;
}

describe.each(STORE_KINDS)('%s: the store', (kind) => {
  describe.skipIf(isMissing(kind))('', () => {
    test('of an older version is brought up to date by who may, and refused by who only looks', async () => {
      await using temporary = await temporaryStore(kind);
      const { store } = temporary;
      expect(await codeOf(asLater({ store, kind }, [EXPAND], false))).toBe('store_too_old');
      expect(await asLater({ store, kind }, [EXPAND], true)).toEqual(['001_first', EXPAND]);
      expect(await codeOf(asLater({ store, kind }, [EXPAND], false))).toBe('taken');
    });

    test('that a newer version has only added to still works with this one', async () => {
      await using temporary = await temporaryStore(kind);
      await asLater({ store: temporary.store, kind }, [EXPAND], true);
      await using again = await openStore(temporary.databaseUrl, undefined, { upgrade: true });
      expect(await again.workspaces.list()).not.toEqual([]);
    });

    test('that a newer version has taken from is refused, in words that say how to go on', async () => {
      await using temporary = await temporaryStore(kind);
      await asLater({ store: temporary.store, kind }, [EXPAND, CONTRACT], true);
      const error = await openStore(temporary.databaseUrl).catch((thrown: unknown) => thrown as UserError);
      expect(error).toMatchObject({ code: 'store_too_new', exitCode: 1 });
      expect((error as UserError).message).toMatch(/^The store .+ was changed by a newer version.*003_contract_colour/);
      expect((error as UserError).hint).toContain('docs/upgrading.md');
    });

    test('of an unreleased state, with the same migrations and other columns, is refused', async () => {
      await using temporary = await temporaryStore(kind);
      await sql`alter table deliveries drop column absent_at`.execute(temporary.store.db);
      const error = await openStore(temporary.databaseUrl, undefined, { upgrade: true }).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'store_unreleased' });
      expect((error as UserError).message).toContain('it lacks deliveries.absent_at');
    });
  });
});
