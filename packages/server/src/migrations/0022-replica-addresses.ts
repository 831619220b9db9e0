import type { Migration } from '../storage/sql/migrator.ts';

/** Where each server of the installation takes requests, for model servers that have lost their own. */
export const replicaAddresses: Migration = {
  name: '0022-replica-addresses',
  breaking: false,
  async up(schema) {
    await schema.schema.alterTable('replicas').addColumn('url', 'text').execute();
    await schema.schema.alterTable('replicas').addColumn('inner_url', 'text').execute();
  },
};
