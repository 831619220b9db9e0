import type { Migration } from '../storage/sql/migrator.ts';

/** Studies and their trials. `request_key` finds the study of a step again after a crash. */
export const tuning: Migration = {
  name: '0009-tuning',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('studies')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('request_key', 'text')
      .addColumn('space', 'text', (column) => column.notNull())
      .addColumn('fixed', 'text', (column) => column.notNull())
      .addColumn('objective', 'text', (column) => column.notNull())
      .addColumn('direction', 'text', (column) => column.notNull())
      .addColumn('sampler', 'text', (column) => column.notNull())
      .addColumn('seed', 'bigint', (column) => column.notNull())
      .addColumn('max_trials', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('studies_key', ['workspace', 'id'])
      .addUniqueConstraint('studies_workspace_request_key', ['workspace', 'request_key'])
      .execute();
    await schema.schema
      .createTable('trials')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('study_id', 'text', (column) => column.notNull())
      .addColumn('number', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('params', 'text', (column) => column.notNull())
      .addColumn('value', 'double precision')
      .addColumn('error', 'text')
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('finished_at', 'bigint')
      .addPrimaryKeyConstraint('trials_key', ['workspace', 'study_id', 'number'])
      .execute();
  },
};
