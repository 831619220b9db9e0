import type { Migration } from '../storage/sql/migrator.ts';

/** Pickled files that an owner has allowed to be loaded, by their digests. */
export const allowedPickles: Migration = {
  name: '0040-allowed-pickles',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('allowed_pickles')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('allowed_by', 'text', (column) => column.notNull())
      .addColumn('allowed_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('allowed_pickles_key', ['workspace', 'digest'])
      .execute();
  },
};
