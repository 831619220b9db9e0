import type { Migration } from '../storage/sql/migrator.ts';

/** How long things are kept, legal holds, what was removed, content that nothing refers to, and collections of it. */
export const retention: Migration = {
  name: '0018-retention',
  breaking: false,
  async up({ schema }) {
    // The empty name stands for every project, so that the key has no null.
    await schema
      .createTable('retention_policies')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('days', 'integer')
      .addColumn('updated_by', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('retention_policies_key', ['workspace', 'kind', 'project'])
      .execute();

    await schema
      .createTable('legal_holds')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('placed_by', 'text', (column) => column.notNull())
      .addColumn('placed_at', 'bigint', (column) => column.notNull())
      .addColumn('released_by', 'text')
      .addColumn('released_at', 'bigint')
      .addColumn('release_reason', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('legal_holds_workspace')
      .on('legal_holds')
      .columns(['workspace', 'id'])
      .execute();
    await schema
      .createTable('legal_hold_subjects')
      .addColumn('hold_id', 'text', (column) => column.notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('subject_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('legal_hold_subjects_key', ['hold_id', 'kind', 'subject_id'])
      .execute();
    await schema
      .createIndex('legal_hold_subjects_subject')
      .on('legal_hold_subjects')
      .columns(['workspace', 'subject_id', 'kind'])
      .execute();

    await schema
      .createTable('removed_things')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('retention_kind', 'text', (column) => column.notNull())
      .addColumn('days', 'integer', (column) => column.notNull())
      .addColumn('removed_at', 'bigint', (column) => column.notNull())
      .execute();

    // Content is shared by workspaces; `workspace` and `kind` say what the policy removed that it belonged to.
    await schema
      .createTable('unreferenced_blobs')
      .addColumn('digest', 'text', (column) => column.primaryKey().notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .addColumn('workspace', 'text')
      .addColumn('kind', 'text')
      .addColumn('seen_by', 'text')
      .execute();

    await schema
      .createTable('garbage_collections')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('dry_run', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('started_by', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('finished_at', 'bigint')
      .addColumn('report', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('garbage_collections_workspace')
      .on('garbage_collections')
      .columns(['workspace', 'id'])
      .execute();
    // One row: when rows that referred to content were last removed.
    await schema
      .createTable('retention_marks')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
  },
};
