import type { Migration } from '../storage/sql/migrator.ts';

/** Views of lists of runs that people keep under a name. A view of no project has an empty one. */
export const savedViews: Migration = {
  name: '0036-saved-views',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('saved_views')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('shared', 'integer', (column) => column.notNull())
      .addColumn('question', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('saved_views_owner_name')
      .unique()
      .on('saved_views')
      .columns(['workspace', 'created_by', 'project', 'name'])
      .execute();
    await schema
      .createIndex('saved_views_workspace_name')
      .on('saved_views')
      .columns(['workspace', 'name', 'id'])
      .execute();
  },
};
