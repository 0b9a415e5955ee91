import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { DELIVERY_STATES, LEGAL_MOVES } from '../domain/delivery.ts';
import { IS_IN_LINE, IS_MISSED, IS_OPEN, IS_UNNOTICED } from './schema.ts';

export type Kind = 'sqlite' | 'postgres';

/**
 * In order of their names; a released one is never changed, only followed by another: `002_expand_…` adds only, and what no
 * running version uses any more is taken away by a `…_contract_…` of a later release. docs/upgrading.md
 */
export function migrations(kind: Kind): Record<string, Migration> {
  return {
    '001_first': { up: (db: Kysely<unknown>) => createFirstTables(db, kind) },
  };
}

async function createFirstTables(db: Kysely<unknown>, kind: Kind): Promise<void> {
  await db.schema
    .createTable('workspaces')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('token_ref', 'text', (c) => c.notNull())
    .addColumn('parked_token', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .$call(addParkedColumns)
    .execute();

  // What `notifications add` uses when no workspace is named.
  await sql`insert into workspaces (id, name, token_ref, created_at)
    values ('default', 'Default workspace', 'env:SLACK_BOT_TOKEN', ${new Date().toISOString()})`.execute(db);

  await db.schema
    .createTable('notifications')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('account', 'text', (c) => c.notNull())
    .addColumn('report', 'text', (c) => c.notNull())
    .addColumn('params', 'text', (c) => c.notNull())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('channel', 'text', (c) => c.notNull())
    .addColumn('channel_name', 'text')
    .addColumn('schedule_id', 'text')
    .addColumn('cron', 'text')
    .addColumn('timezone', 'text')
    .addColumn('nth_day', 'integer')
    .addColumn('step_every', 'integer')
    .addColumn('step_unit', 'text')
    .addColumn('step_anchor', 'text')
    .addColumn('start_on', 'text')
    .addColumn('end_on', 'text')
    .addColumn('skip', 'text', (c) => c.notNull())
    .addColumn('dst_gap', 'text', (c) => c.notNull())
    .addColumn('catch_up_window_s', 'integer')
    .addColumn('catch_up_all', 'integer', (c) => c.notNull())
    .addColumn('paused_at', 'text')
    .addColumn('paused_until', 'text')
    .addColumn('pause_note', 'text')
    .addColumn('spread_window_s', 'integer')
    .addColumn('locale', 'text')
    .addColumn('next_due_at', 'text')
    .addColumn('next_due_local', 'text')
    .addColumn('due_by', 'text')
    .addColumn('enabled', 'integer', (c) => c.notNull())
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('one_off', 'integer', (c) => c.notNull())
    .addColumn('source', 'text')
    .addColumn('scope', 'text')
    .addColumn('owner', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .$call(addParkedColumns)
    .addColumn('parked_channel', 'text')
    .addCheckConstraint(
      'due_in_one_way',
      sql`(schedule_id is null or cron is null) and (one_off = 0 or (schedule_id is null and cron is null))`,
    )
    .addCheckConstraint('cron_has_timezone', sql`(cron is null) = (timezone is null)`)
    .addCheckConstraint(
      'step_has_anchor',
      sql`(step_every is null) = (step_unit is null) and (step_every is null) = (step_anchor is null)`,
    )
    .addCheckConstraint('known_step_unit', sql`step_unit in ('day', 'week')`)
    .addCheckConstraint('known_dst_gap', sql`dst_gap in ('shift', 'skip')`)
    .addCheckConstraint('catch_up_all_is_flag', sql`catch_up_all in (0, 1)`)
    .addCheckConstraint('enabled_is_flag', sql`enabled in (0, 1)`)
    .addCheckConstraint('one_off_is_flag', sql`one_off in (0, 1)`)
    .execute();
  await createIndex(db, 'notifications_by_schedule', 'notifications', ['schedule_id', 'id']);
  await createIndex(db, 'notifications_by_due', 'notifications', ['enabled', 'next_due_at', 'id']);
  await createIndex(db, 'notifications_by_scope', 'notifications', ['scope', 'id']);
  // For `sourceCopies.forget`, which looks for old copies each hour.
  await sql`create index notifications_copies on notifications (updated_at) where source is not null`.execute(db);
  await sql`create index notifications_owned on notifications (id) where owner is not null`.execute(db);
  await sql`create index notifications_parked on notifications (id) where parked_at is not null`.execute(db);

  await db.schema
    .createTable('deliveries')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('parent_id', 'text', (c) => c.references('deliveries.id').onDelete('cascade'))
    .addColumn('thread_nr', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('notification_id', 'text', (c) => c.notNull())
    .addColumn('occurrence', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('account', 'text', (c) => c.notNull())
    .addColumn('report', 'text', (c) => c.notNull())
    .addColumn('params', 'text', (c) => c.notNull())
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('channel', 'text', (c) => c.notNull())
    .addColumn('channel_name', 'text')
    .addColumn('dispatch_id', 'text', (c) => c.notNull())
    .addColumn('dispatch_seq', 'integer')
    .addColumn('due_at', 'text', (c) => c.notNull())
    .addColumn('not_before', 'text', (c) => c.notNull())
    .addColumn('post_until', 'text')
    .addColumn('by_hand', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('place_at', 'text')
    .addColumn('place_in', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('claimed_at', 'text', (c) => c.notNull())
    .addColumn('late_reason', 'text')
    .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('posting_at', 'text')
    .addColumn('absent_at', 'text')
    .addColumn('finished_at', 'text')
    .addColumn('recheck_at', 'text')
    .addColumn('message_ts', 'text')
    .addColumn('error_code', 'text')
    .addColumn('error_message', 'text')
    .addColumn('message', 'text')
    .addColumn('rendered_at', 'text')
    .addColumn('thread_posts', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('thread_posts_open', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('files', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('noticed_at', 'text')
    .addColumn('log', 'text', (c) => c.notNull())
    .addUniqueConstraint('one_delivery_per_occurrence', ['notification_id', 'occurrence', 'thread_nr'])
    .addCheckConstraint('known_state', sql`state in (${sql.join(DELIVERY_STATES.map((state) => sql.lit(state)))})`)
    .addCheckConstraint('by_hand_is_flag', sql`by_hand in (0, 1)`)
    .addCheckConstraint('thread_post_has_report', sql`(thread_nr = 0) = (parent_id is null)`)
    .addCheckConstraint('thread_post_named_by_report', sql`parent_id is null or id = parent_id || '.' || thread_nr`)
    // A person who confirms that a message is there need not know its ts.
    .addCheckConstraint(
      'delivered_has_ts',
      sql`(state = 'delivered' or message_ts is null)
        and (state <> 'delivered' or message_ts is not null or coalesce(error_code, '') = 'confirmed')`,
    )
    .execute();
  await createIndex(db, 'deliveries_by_run', 'deliveries', ['dispatch_id', 'dispatch_seq']);
  await createIndex(db, 'deliveries_by_notification', 'deliveries', ['notification_id', 'due_at']);
  await createIndex(db, 'deliveries_by_state', 'deliveries', ['state', 'due_at', 'id']);
  await createIndex(db, 'deliveries_by_due', 'deliveries', ['due_at', 'id']);
  await sql`create index deliveries_by_report on deliveries (parent_id, thread_nr) where parent_id is not null`.execute(
    db,
  );
  // Small, whatever the ledger has gathered over the years: what has ended leaves it.
  await sql`create index deliveries_open on deliveries (dispatch_id, not_before, id) where ${IS_OPEN}`.execute(db);
  await sql`create index deliveries_unnoticed on deliveries (id) where ${IS_UNNOTICED}`.execute(db);
  await sql`create index deliveries_missed on deliveries (dispatch_id) where ${IS_MISSED}`.execute(db);

  await sql`create index deliveries_to_recheck on deliveries (recheck_at) where recheck_at is not null`.execute(db);
  await sql`create index deliveries_in_line on deliveries (workspace_id, place_at) where ${IS_IN_LINE}`.execute(db);

  await db.schema
    .createTable('delivery_files')
    .addColumn('delivery_id', 'text', (c) => c.notNull().references('deliveries.id').onDelete('cascade'))
    .addColumn('nr', 'integer', (c) => c.notNull())
    .addColumn('file', 'text')
    .addColumn('file_id', 'text')
    .addColumn('permalink', 'text')
    .addColumn('uploaded_at', 'text')
    .addColumn('error_code', 'text')
    .addColumn('error_message', 'text')
    .addPrimaryKeyConstraint('one_file_per_number', ['delivery_id', 'nr'])
    .execute();

  await forbidIllegalMoves(db, kind);

  await db.schema
    .createTable('slack_pace')
    .addColumn('key', 'text', (c) => c.primaryKey().notNull())
    .addColumn('planned_until', 'bigint', (c) => c.notNull())
    .addColumn('next_at', 'bigint', (c) => c.notNull())
    .addColumn('held_until', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('holder', 'text')
    .execute();

  await db.schema
    .createTable('schedule_checks')
    .addColumn('schedule_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('checked_until', 'text', (c) => c.notNull())
    .addColumn('dropped', 'integer', (c) => c.notNull())
    .addColumn('looked_at', 'text', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('source_reads')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('schedule_id', 'text', (c) => c.notNull())
    .addColumn('read_until', 'text')
    .addColumn('failed_at', 'text')
    .addColumn('error', 'text')
    .addPrimaryKeyConstraint('one_read_per_schedule', ['source', 'schedule_id'])
    .execute();

  await db.schema
    .createTable('backups')
    .addColumn('taken_at', 'text', (c) => c.notNull())
    .addColumn('restored_at', 'text')
    .execute();

  await db.schema
    .createTable('owners')
    .addColumn('account', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner', 'text', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('streaks')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('channel', 'text', (c) => c.notNull())
    .addColumn('began_at', 'text', (c) => c.notNull())
    .addColumn('causes', 'text', (c) => c.notNull())
    .addColumn('phase', 'text', (c) => c.notNull())
    .addColumn('notice_id', 'text', (c) => c.notNull())
    .addColumn('tries', 'integer', (c) => c.notNull())
    .addColumn('recovered', 'integer', (c) => c.notNull().defaultTo(0))
    .addCheckConstraint('known_phase', sql`phase in ('trouble', 'recovery')`)
    .execute();

  await db.schema
    .createTable('streak_members')
    .addColumn('notification_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('streak_id', 'text', (c) => c.notNull().references('streaks.id').onDelete('cascade'))
    .addColumn('failed_at', 'text', (c) => c.notNull())
    .addColumn('due_at', 'text', (c) => c.notNull())
    .execute();
  await createIndex(db, 'streak_members_by_streak', 'streak_members', ['streak_id', 'notification_id']);

  await db.schema
    .createTable('milestones')
    .addColumn('name', 'text', (c) => c.primaryKey().notNull())
    .addColumn('at', 'text', (c) => c.notNull())
    .execute();
}

function addParkedColumns<T extends string, C extends string>(table: CreateTableBuilder<T, C>) {
  return table.addColumn('parked_at', 'text').addColumn('parked_code', 'text').addColumn('parked_message', 'text');
}

/** Whatever writes to the ledger, now or later, by hand or by program: a final state stays final. */
async function forbidIllegalMoves(db: Kysely<unknown>, kind: Kind): Promise<void> {
  const legal = LEGAL_MOVES.map(([from, to]) => sql`(old.state = ${sql.lit(from)} and new.state = ${sql.lit(to)})`);
  const illegal = sql`old.state <> new.state and not (${sql.join(legal, sql` or `)})`;
  if (kind === 'sqlite') {
    await sql`
      create trigger deliveries_legal_moves before update of state on deliveries when ${illegal}
      begin select raise(abort, 'illegal move of a delivery'); end`.execute(db);
    return;
  }
  await sql`
    create or replace function refuse_move() returns trigger language plpgsql
    as $$ begin raise exception 'illegal move of a delivery from % to %', old.state, new.state; end $$`.execute(db);
  await sql`
    create trigger deliveries_legal_moves before update of state on deliveries
    for each row when (${illegal}) execute function refuse_move()`.execute(db);
}

async function createIndex(db: Kysely<unknown>, name: string, table: string, columns: string[]): Promise<void> {
  await db.schema.createIndex(name).on(table).columns(columns).execute();
}
