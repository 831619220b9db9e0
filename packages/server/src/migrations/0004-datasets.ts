import type { Migration } from '../storage/sql/migrator.ts';

/** Datasets, what landed in them, their versions, contracts, validation runs and splits. */
export const datasets: Migration = {
  name: '0004-datasets',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('datasets')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('project', 'text')
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('contract_version', 'integer')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('datasets_workspace_name')
      .unique()
      .on('datasets')
      .columns(['workspace', 'name'])
      .execute();
    await schema.schema
      .createTable('landed_files')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('dataset_id', 'text', (column) => column.notNull())
      .addColumn('file_name', 'text', (column) => column.notNull())
      .addColumn('format', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('row_count', 'bigint', (column) => column.notNull())
      .addColumn('columns', 'text', (column) => column.notNull())
      .addColumn('csv', 'text')
      .addColumn('landed_at', 'bigint', (column) => column.notNull())
      .addColumn('landed_by', 'text', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('landed_files_dataset_id_digest')
      .unique()
      .on('landed_files')
      .columns(['dataset_id', 'digest'])
      .execute();
    await schema.schema
      .createTable('dataset_contracts')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('dataset_id', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('dataset_contracts_dataset_id_version')
      .unique()
      .on('dataset_contracts')
      .columns(['dataset_id', 'version'])
      .execute();
    await schema.schema
      .createTable('dataset_versions')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('dataset_id', 'text', (column) => column.notNull())
      .addColumn('number', 'integer', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('rows_digest', 'text', (column) => column.notNull())
      .addColumn('identity', 'text', (column) => column.notNull())
      .addColumn('row_count', 'bigint', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('origin', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('attributes', 'text', (column) => column.notNull())
      .addColumn('columns', 'text', (column) => column.notNull())
      .addColumn('profile', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('dataset_versions_dataset_id_number')
      .unique()
      .on('dataset_versions')
      .columns(['dataset_id', 'number'])
      .execute();
    await schema.schema
      .createIndex('dataset_versions_dataset_id_identity')
      .unique()
      .on('dataset_versions')
      .columns(['dataset_id', 'identity'])
      .execute();
    await schema.schema
      .createTable('dataset_version_sources')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('version_id', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('source_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('dataset_version_sources_key', ['version_id', 'kind', 'source_id'])
      .execute();
    await schema.schema
      .createTable('validation_runs')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('dataset_id', 'text', (column) => column.notNull())
      .addColumn('version_id', 'text')
      .addColumn('contract_id', 'text', (column) => column.notNull())
      .addColumn('contract_version', 'integer', (column) => column.notNull())
      .addColumn('contract_digest', 'text', (column) => column.notNull())
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('row_count', 'bigint', (column) => column.notNull())
      .addColumn('failing_rows', 'bigint', (column) => column.notNull())
      .addColumn('failed_checks', 'integer', (column) => column.notNull())
      .addColumn('report', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('validation_runs_dataset_id')
      .on('validation_runs')
      .columns(['dataset_id', 'id'])
      .execute();
    await schema.schema
      .createIndex('validation_runs_version_id')
      .on('validation_runs')
      .columns(['version_id', 'id'])
      .execute();
    await schema.schema
      .createTable('dataset_splits')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('version_id', 'text', (column) => column.notNull())
      .addColumn('recipe_digest', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('dataset_splits_version_id_recipe_digest')
      .unique()
      .on('dataset_splits')
      .columns(['version_id', 'recipe_digest'])
      .execute();
  },
};
