import type { Migration } from '../storage/sql/migrator.ts';

/** What remote models are asked with: sealed, each for one origin. */
export const modelSecrets: Migration = {
  name: '0044-model-secrets',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('model_secrets')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('origin', 'text', (column) => column.notNull())
      .addColumn('sealed', 'text', (column) => column.notNull())
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('model_secrets_key', ['workspace', 'name'])
      .execute();
  },
};
