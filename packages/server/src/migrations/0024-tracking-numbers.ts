import { sql } from 'kysely';
import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Numbers, tags and artifact locations of experiments; who a client says made a run; the data sets that runs read, the
 * models they read and made, and what was measured of those models.
 */
export const trackingNumbers: Migration = {
  name: '0024-tracking-numbers',
  breaking: true,
  async up(database) {
    const { schema } = database;
    await schema
      .alterTable('experiments')
      .addColumn('number', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await schema
      .alterTable('experiments')
      .addColumn('artifact_location', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
    // The experiment `Default` has the number 0 in every workspace; the others are counted in the order they were made.
    await sql`
      update experiments set number = counted.number
      from (
        select id, row_number() over (partition by workspace order by created_at, id) as number
        from experiments where name <> 'Default'
      ) as counted
      where counted.id = experiments.id`.execute(database);
    await sql`update experiments set artifact_location = 'mlflow-artifacts:/' || number`.execute(database);
    await schema
      .createIndex('experiments_workspace_number')
      .unique()
      .on('experiments')
      .columns(['workspace', 'number'])
      .execute();
    await schema
      .createTable('experiment_numbers')
      .addColumn('workspace', 'text', (column) => column.primaryKey().notNull())
      .addColumn('last', 'bigint', (column) => column.notNull())
      .execute();
    await sql`
      insert into experiment_numbers (workspace, last)
      select workspace, max(number) from experiments group by workspace`.execute(database);
    await schema
      .createTable('experiment_tags')
      .addColumn('experiment_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('experiment_tags_key', ['experiment_id', 'name'])
      .execute();

    await schema.alterTable('runs').addColumn('user_name', 'text').execute();
    // With all that a search looks at first, so that it reads no run that it does not find.
    await schema.dropIndex('runs_experiment_id_started_at').execute();
    await schema
      .createIndex('runs_experiment_id_started_at')
      .on('runs')
      .columns(['experiment_id', 'started_at', 'id', 'deleted_at'])
      .execute();
    // Most runs have no parent.
    await schema.dropIndex('runs_parent_run_id').execute();
    await schema
      .createIndex('runs_parent_run_id')
      .on('runs')
      .columns(['parent_run_id', 'started_at'])
      .where('parent_run_id', 'is not', null)
      .execute();

    await schema
      .createTable('logged_datasets')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('experiment_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('source_type', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('schema', 'text')
      .addColumn('profile', 'text')
      .execute();
    await schema
      .createIndex('logged_datasets_experiment_id_name_digest')
      .unique()
      .on('logged_datasets')
      .columns(['experiment_id', 'name', 'digest'])
      .execute();
    await schema
      .createTable('run_datasets')
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('dataset_id', 'text', (column) => column.notNull())
      .addColumn('context', 'text')
      .addColumn('tags', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('run_datasets_key', ['run_id', 'dataset_id'])
      .execute();
    await schema.createIndex('run_datasets_dataset_id').on('run_datasets').column('dataset_id').execute();
    await schema
      .createTable('run_models')
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('direction', 'text', (column) => column.notNull())
      .addColumn('model_id', 'text', (column) => column.notNull())
      .addColumn('step', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('run_models_key', ['run_id', 'direction', 'model_id', 'step'])
      .execute();
    await schema.createIndex('run_models_model_id').on('run_models').column('model_id').execute();
    await schema
      .createTable('model_metrics')
      .addColumn('model_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('dataset_name', 'text', (column) => column.notNull())
      .addColumn('dataset_digest', 'text', (column) => column.notNull())
      .addColumn('step', 'bigint', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('value', 'double precision', (column) => column.notNull())
      .addColumn('is_nan', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('model_metrics_key', [
        'model_id',
        'name',
        'run_id',
        'dataset_name',
        'dataset_digest',
        'step',
        'at',
        'value',
        'is_nan',
      ])
      .execute();
    await schema.createIndex('model_metrics_run_id').on('model_metrics').column('run_id').execute();
  },
};
