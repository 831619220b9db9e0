import { sql } from 'kysely';
import type { Migration } from '../storage/sql/migrator.ts';

/** What goes wrong with programs, as their traces show. */
export const issues: Migration = {
  name: '0037-issues',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('issues')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('experiment_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('severity', 'text')
      .addColumn('root_causes', 'text', (column) => column.notNull())
      .addColumn('categories', 'text', (column) => column.notNull())
      .addColumn('source_run_id', 'text')
      .addColumn('user_name', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('issues_experiment')
      .on('issues')
      .columns(['workspace', 'experiment_id', 'created_at'])
      .execute();
    await schema
      .createIndex('trace_assessments_issue')
      .on('trace_assessments')
      .columns(['name', 'trace'])
      .where(sql<boolean>`kind = 'issue'`)
      .execute();
  },
};
