import type { Migration } from '../storage/sql/migrator.ts';

/** What people say about runs. */
export const runComments: Migration = {
  name: '0035-run-comments',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('run_comments')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('author', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('edited_at', 'bigint')
      .execute();
    await schema
      .createIndex('run_comments_run_id')
      .on('run_comments')
      .columns(['run_id', 'created_at', 'id'])
      .execute();
  },
};
