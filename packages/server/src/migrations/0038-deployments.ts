import type { Kysely } from 'kysely';
import type { Migration } from '../storage/sql/migrator.ts';

interface Tables {
  inference_keys: { workspace: string; endpoint: string; id: string };
  inference_key_endpoints: { workspace: string; endpoint: string; key_id: string };
}

/**
 * What the inspection of a version found that was registered as it is: the bundle that a model server is given of it. Keys
 * open several endpoints, have a quota for each day, tell when they were last used, and are replaced with an overlap.
 */
export const deployments: Migration = {
  name: '0038-deployments',
  breaking: false,
  async up(db) {
    const { schema } = db;
    await schema
      .createTable('version_inspections')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('version_id', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('version_inspections_key', ['workspace', 'version_id'])
      .execute();
    await schema
      .createTable('inference_key_endpoints')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('inference_key_endpoints_key', ['workspace', 'endpoint', 'key_id'])
      .execute();
    await schema
      .createIndex('inference_key_endpoints_of_key')
      .on('inference_key_endpoints')
      .columns(['workspace', 'key_id'])
      .execute();
    for (const name of ['quota_per_day', 'last_used_at']) {
      await schema.alterTable('inference_keys').addColumn(name, 'bigint').execute();
    }
    await schema.alterTable('inference_keys').addColumn('replaces_id', 'text').execute();
    const tables = db as Kysely<Tables>;
    await tables
      .insertInto('inference_key_endpoints')
      .columns(['workspace', 'endpoint', 'key_id'])
      .expression(tables.selectFrom('inference_keys').select(['workspace', 'endpoint', 'id']))
      .execute();
  },
};
