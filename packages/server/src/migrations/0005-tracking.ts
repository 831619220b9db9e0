import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Experiments and runs. A metric of a run is a series with a small number as its key, so that points and their index stay
 * narrow; the series row holds the latest value. NaN has a flag of its own because SQLite stores it as null.
 */
export const tracking: Migration = {
  name: '0005-tracking',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('experiments')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('project', 'text')
      .addColumn('note', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('deleted_at', 'bigint')
      .execute();
    await schema.schema
      .createIndex('experiments_workspace_name')
      .unique()
      .on('experiments')
      .columns(['workspace', 'name'])
      .execute();
    await schema.schema
      .createTable('runs')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('experiment_id', 'text', (column) => column.notNull())
      .addColumn('project', 'text')
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('parent_run_id', 'text')
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('note', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('finished_at', 'bigint')
      .addColumn('deleted_at', 'bigint')
      .execute();
    await schema.schema
      .createIndex('runs_workspace_started_at')
      .on('runs')
      .columns(['workspace', 'started_at', 'id'])
      .execute();
    await schema.schema
      .createIndex('runs_experiment_id_started_at')
      .on('runs')
      .columns(['experiment_id', 'started_at', 'id'])
      .execute();
    await schema.schema
      .createIndex('runs_parent_run_id')
      .on('runs')
      .columns(['parent_run_id', 'started_at'])
      .execute();
    for (const table of ['run_params', 'run_tags']) {
      await schema.schema
        .createTable(table)
        .addColumn('run_id', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint(`${table}_key`, ['run_id', 'name'])
        .execute();
    }
    await schema.schema
      .createTable('metric_series')
      .addColumn('id', 'bigint', (column) => column.primaryKey().notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('step', 'bigint', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('value', 'double precision', (column) => column.notNull())
      .addColumn('is_nan', 'integer', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('metric_series_run_id_name')
      .unique()
      .on('metric_series')
      .columns(['run_id', 'name'])
      .execute();
    await schema.schema
      .createTable('metric_points')
      .addColumn('series_id', 'bigint', (column) => column.notNull())
      .addColumn('step', 'bigint', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('value', 'double precision', (column) => column.notNull())
      .addColumn('is_nan', 'integer', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('metric_points_series_id_step')
      .unique()
      .on('metric_points')
      .columns(['series_id', 'step', 'at', 'value', 'is_nan'])
      .execute();
    await schema.schema
      .createTable('run_references')
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('direction', 'text', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('reference_id', 'text', (column) => column.notNull())
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('run_references_key', ['run_id', 'direction', 'type', 'reference_id', 'role'])
      .execute();
    await schema.schema
      .createIndex('run_references_type_reference_id')
      .on('run_references')
      .columns(['type', 'reference_id'])
      .execute();
    await schema.schema
      .createTable('run_artifacts')
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('path', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('run_artifacts_key', ['run_id', 'path'])
      .execute();
    await schema.schema.createIndex('run_artifacts_digest').on('run_artifacts').column('digest').execute();
  },
};
