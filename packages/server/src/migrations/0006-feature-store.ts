import type { Migration } from '../storage/sql/migrator.ts';

/** Definitions by version, and the packed online row of each entity and view. */
export const featureStore: Migration = {
  name: '0006-feature-store',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('feature_definitions')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('feature_definitions_key', ['workspace', 'kind', 'name', 'version'])
      .execute();
    await schema.schema
      .createTable('materializations')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('view_name', 'text', (column) => column.notNull())
      .addColumn('view_version', 'integer', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('row_count', 'integer', (column) => column.notNull())
      .addColumn('source_version_id', 'text', (column) => column.notNull())
      .addColumn('written_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('materializations_key', ['workspace', 'view_name'])
      .execute();
    await schema.schema
      .createTable('online_features')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('view_name', 'text', (column) => column.notNull())
      .addColumn('entity_key', 'text', (column) => column.notNull())
      .addColumn('feature_values', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('online_features_key', ['workspace', 'view_name', 'entity_key'])
      .execute();
  },
};
