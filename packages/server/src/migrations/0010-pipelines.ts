import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Pipelines, their immutable specs, runs and steps. `waiting` counts the needs of a step that have not ended, and
 * `unfinished` the steps of a run, so that ending a step costs the same however large the graph is.
 */
export const pipelines: Migration = {
  name: '0010-pipelines',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('pipelines')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('pipelines_key', ['workspace', 'name'])
      .execute();
    await schema.schema
      .createTable('pipeline_specs')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('pipeline', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('pipeline_specs_key', ['workspace', 'pipeline', 'version'])
      .execute();
    await schema.schema
      .createIndex('pipeline_specs_workspace_pipeline_digest')
      .unique()
      .on('pipeline_specs')
      .columns(['workspace', 'pipeline', 'digest'])
      .execute();
    await schema.schema
      .createTable('pipeline_runs')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('pipeline', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('spec_version', 'integer', (column) => column.notNull())
      .addColumn('spec_digest', 'text', (column) => column.notNull())
      .addColumn('trigger', 'text', (column) => column.notNull())
      .addColumn('parameters', 'text', (column) => column.notNull())
      .addColumn('refresh', 'integer', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('cancel_requested', 'integer', (column) => column.notNull())
      .addColumn('resumes', 'integer', (column) => column.notNull())
      .addColumn('unfinished', 'integer', (column) => column.notNull())
      .addColumn('tracking_run_id', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('finished_at', 'bigint')
      .execute();
    await schema.schema
      .createIndex('pipeline_runs_workspace_created_at')
      .on('pipeline_runs')
      .columns(['workspace', 'created_at', 'id'])
      .execute();
    await schema.schema
      .createIndex('pipeline_runs_workspace_pipeline_created_at')
      .on('pipeline_runs')
      .columns(['workspace', 'pipeline', 'created_at', 'id'])
      .execute();
    await schema.schema
      .createTable('pipeline_run_steps')
      .addColumn('pipeline_run_id', 'text', (column) => column.notNull())
      .addColumn('step', 'text', (column) => column.notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('pipeline', 'text', (column) => column.notNull())
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('error', 'text')
      .addColumn('waiting', 'integer', (column) => column.notNull())
      .addColumn('inputs', 'text')
      .addColumn('outputs', 'text', (column) => column.notNull())
      .addColumn('attempt', 'integer', (column) => column.notNull())
      .addColumn('failures', 'integer', (column) => column.notNull())
      .addColumn('job_id', 'text')
      .addColumn('cache_key', 'text')
      .addColumn('cache_parts', 'text')
      .addColumn('cache_verdict', 'text')
      .addColumn('cached_from_run', 'text')
      .addColumn('cached_from_step', 'text')
      .addColumn('tracking_run_id', 'text')
      .addColumn('cpu_seconds', 'double precision', (column) => column.notNull())
      .addColumn('ready_at', 'bigint')
      .addColumn('started_at', 'bigint')
      .addColumn('finished_at', 'bigint')
      .addPrimaryKeyConstraint('pipeline_run_steps_key', ['pipeline_run_id', 'step'])
      .execute();
    await schema.schema
      .createIndex('pipeline_run_steps_pipeline_run_id_status')
      .on('pipeline_run_steps')
      .columns(['pipeline_run_id', 'status', 'waiting'])
      .execute();
    await schema.schema
      .createIndex('pipeline_run_steps_job_id')
      .on('pipeline_run_steps')
      .column('job_id')
      .execute();
    await schema.schema
      .createIndex('pipeline_run_steps_workspace_pipeline_step')
      .on('pipeline_run_steps')
      .columns(['workspace', 'pipeline', 'step', 'finished_at'])
      .execute();
    await schema.schema
      .createTable('step_cache')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('cache_key', 'text', (column) => column.notNull())
      .addColumn('pipeline_run_id', 'text', (column) => column.notNull())
      .addColumn('step', 'text', (column) => column.notNull())
      .addColumn('outputs', 'text', (column) => column.notNull())
      .addColumn('tracking_run_id', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('step_cache_key', ['workspace', 'cache_key'])
      .execute();
  },
};
