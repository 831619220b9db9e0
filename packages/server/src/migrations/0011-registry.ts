import type { Migration } from '../storage/sql/migrator.ts';

/** Registered models, their frozen versions and their aliases. */
export const registry: Migration = {
  name: '0011-registry',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('registered_models')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('registered_models_key', ['workspace', 'name'])
      .execute();
    await schema.schema
      .createTable('model_versions')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('trained_model_id', 'text', (column) => column.notNull())
      .addColumn('evaluation_id', 'text', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('model_versions_key', ['workspace', 'id'])
      .execute();
    await schema.schema
      .createIndex('model_versions_workspace_model_version')
      .unique()
      .on('model_versions')
      .columns(['workspace', 'model', 'version'])
      .execute();
    await schema.schema
      .createIndex('model_versions_workspace_model_trained_model_id')
      .unique()
      .on('model_versions')
      .columns(['workspace', 'model', 'trained_model_id', 'evaluation_id'])
      .execute();
    await schema.schema.createIndex('model_versions_digest').on('model_versions').column('digest').execute();
    await schema.schema
      .createTable('model_aliases')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('alias', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('model_aliases_key', ['workspace', 'model', 'alias'])
      .execute();
  },
};
