import type { Migration } from '../storage/sql/migrator.ts';

/** The durable queue. `dedupe_key` makes a second enqueue find the first job. */
export const jobs: Migration = {
  name: '0002-jobs',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('jobs')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('payload', 'text', (column) => column.notNull())
      .addColumn('result', 'text')
      .addColumn('error', 'text')
      .addColumn('progress_share', 'double precision')
      .addColumn('progress_message', 'text')
      .addColumn('attempt', 'integer', (column) => column.notNull())
      .addColumn('max_attempts', 'integer', (column) => column.notNull())
      .addColumn('lost_leases', 'integer', (column) => column.notNull())
      .addColumn('dedupe_key', 'text')
      .addColumn('actor_id', 'text', (column) => column.notNull())
      .addColumn('request_id', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('run_at', 'bigint', (column) => column.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('finished_at', 'bigint')
      .addColumn('cancel_requested', 'integer', (column) => column.notNull())
      .addColumn('lease_owner', 'text')
      .addColumn('lease_expires_at', 'bigint')
      .execute();
    await schema.schema
      .createIndex('jobs_state_kind_run_at')
      .on('jobs')
      .columns(['state', 'kind', 'run_at', 'id'])
      .execute();
    await schema.schema.createIndex('jobs_workspace_id').on('jobs').columns(['workspace', 'id']).execute();
    await schema.schema
      .createIndex('jobs_workspace_dedupe_key')
      .unique()
      .on('jobs')
      .columns(['workspace', 'dedupe_key'])
      .execute();
  },
};
