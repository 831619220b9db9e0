import type { Migration } from '../storage/sql/migrator.ts';

/** Evaluations: the report is one document, the columns beside it are what lists and evidence ask for. */
export const evaluation: Migration = {
  name: '0008-evaluation',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('evaluations')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('trained_model_id', 'text', (column) => column.notNull())
      .addColumn('split_id', 'text', (column) => column.notNull())
      .addColumn('report', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('evaluations_key', ['workspace', 'id'])
      .execute();
    await schema.schema
      .createIndex('evaluations_workspace_project')
      .on('evaluations')
      .columns(['workspace', 'project', 'id'])
      .execute();
  },
};
