import type { Migration } from '../storage/sql/migrator.ts';

/** Data sets that answers are judged by, record by record, and the scorers that judge them, version by version. */
export const evaluationDatasets: Migration = {
  name: '0029-evaluation-datasets',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('evaluation_datasets')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('fields', 'text')
      .addColumn('records', 'bigint', (column) => column.notNull())
      .addColumn('last_position', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('user_name', 'text')
      .addColumn('updated_user_name', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('changed_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('evaluation_datasets_created_at')
      .on('evaluation_datasets')
      .columns(['workspace', 'created_at', 'id'])
      .execute();

    await schema
      .createTable('evaluation_dataset_tags')
      .addColumn('dataset_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('evaluation_dataset_tags_key', ['dataset_id', 'name'])
      .execute();

    await schema
      .createTable('evaluation_dataset_experiments')
      .addColumn('dataset_id', 'text', (column) => column.notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('experiment', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('evaluation_dataset_experiments_key', ['dataset_id', 'experiment'])
      .execute();
    await schema
      .createIndex('evaluation_dataset_experiments_experiment')
      .on('evaluation_dataset_experiments')
      .columns(['workspace', 'experiment'])
      .execute();

    await schema
      .createTable('evaluation_dataset_records')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('dataset_id', 'text', (column) => column.notNull())
      .addColumn('position', 'bigint', (column) => column.notNull())
      .addColumn('inputs_hash', 'text', (column) => column.notNull())
      .addColumn('inputs', 'text', (column) => column.notNull())
      .addColumn('outputs', 'text')
      .addColumn('expectations', 'text')
      .addColumn('tags', 'text', (column) => column.notNull())
      .addColumn('source', 'text')
      .addColumn('user_name', 'text')
      .addColumn('updated_user_name', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('evaluation_dataset_records_inputs_hash')
      .unique()
      .on('evaluation_dataset_records')
      .columns(['dataset_id', 'inputs_hash'])
      .execute();
    await schema
      .createIndex('evaluation_dataset_records_position')
      .on('evaluation_dataset_records')
      .columns(['dataset_id', 'position'])
      .execute();

    await schema
      .createTable('scorers')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('experiment', 'bigint', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('scorers_name')
      .unique()
      .on('scorers')
      .columns(['workspace', 'experiment', 'name'])
      .execute();
    await schema
      .createTable('scorer_versions')
      .addColumn('scorer_id', 'text', (column) => column.notNull())
      .addColumn('version', 'bigint', (column) => column.notNull())
      .addColumn('definition', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('scorer_versions_key', ['scorer_id', 'version'])
      .execute();
  },
};
