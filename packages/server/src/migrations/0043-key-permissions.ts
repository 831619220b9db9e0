import type { Migration } from '../storage/sql/migrator.ts';

/** What inference keys allow beside asking for predictions: names with spaces between; null for none. */
export const keyPermissions: Migration = {
  name: '0043-key-permissions',
  breaking: false,
  async up({ schema }) {
    await schema.alterTable('inference_keys').addColumn('permissions', 'text').execute();
  },
};
