import type { Migration } from '../storage/sql/migrator.ts';

/** What several servers on one database agree by: leases, who they are, when schedules fire next, secrets they share. */
export const leases: Migration = {
  name: '0015-leases',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('leases')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('fence', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createTable('replicas')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('host', 'text', (column) => column.notNull())
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
      .addColumn('clock_offset', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createTable('schedules')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('timing', 'text', (column) => column.notNull())
      .addColumn('next_at', 'bigint', (column) => column.notNull())
      .addColumn('last_at', 'bigint')
      .execute();
    await schema.schema
      .createTable('shared_secrets')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('key_id', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createTable('serving_cost_marks')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('boot', 'text', (column) => column.notNull())
      .addColumn('cpu_seconds', 'double precision', (column) => column.notNull())
      .addColumn('answered', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('serving_cost_marks_key', ['workspace', 'source'])
      .execute();
    await schema.schema.createIndex('jobs_finished_at').on('jobs').column('finished_at').execute();
  },
};
