import type { Migration } from '../storage/sql/migrator.ts';

/** Projects, every version of their records, and the stages of the life cycle they have reached. */
export const projects: Migration = {
  name: '0003-projects',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('projects')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('projects_workspace_name')
      .unique()
      .on('projects')
      .columns(['workspace', 'name'])
      .execute();
    await schema.schema
      .createTable('project_revisions')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('project_revisions_key', ['workspace', 'project', 'revision'])
      .execute();
    await schema.schema
      .createTable('project_stages')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('stage', 'text', (column) => column.notNull())
      .addColumn('first_at', 'bigint', (column) => column.notNull())
      .addColumn('last_at', 'bigint', (column) => column.notNull())
      .addColumn('times', 'integer', (column) => column.notNull())
      .addColumn('node_kind', 'text', (column) => column.notNull())
      .addColumn('node_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('project_stages_key', ['workspace', 'project', 'stage'])
      .execute();
  },
};
