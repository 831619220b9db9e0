import type { Migration } from '../storage/sql/migrator.ts';

/** Trained models: the bundle lies in the blob store under its digest. */
export const training: Migration = {
  name: '0007-training',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('trained_models')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addColumn('meta', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('trained_models_key', ['workspace', 'id'])
      .execute();
    await schema.schema
      .createIndex('trained_models_workspace_project')
      .on('trained_models')
      .columns(['workspace', 'project', 'id'])
      .execute();
  },
};
