import type { Migration } from '../storage/sql/migrator.ts';

/** Limits that several processes share: what of each is free and leased, and which processes lease. */
export const limits: Migration = {
  name: '0017-limits',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('limit_buckets')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('forget_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('limit_buckets_forget_at')
      .on('limit_buckets')
      .column('forget_at')
      .execute();
    await schema.schema
      .createTable('limit_holders')
      .addColumn('scope', 'text', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('seen_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('limit_holders_key', ['scope', 'holder'])
      .execute();
  },
};
