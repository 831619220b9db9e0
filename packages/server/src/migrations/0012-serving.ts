import type { Migration } from '../storage/sql/migrator.ts';

/** Endpoints with their revisions and keys, the index of the prediction log, and what was tried and measured. */
export const serving: Migration = {
  name: '0012-serving',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('endpoints')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('stage', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('twin_of', 'text')
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('endpoints_key', ['workspace', 'name'])
      .execute();
    await schema.schema
      .createTable('endpoint_revisions')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('desired', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('change_id', 'text')
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('endpoint_revisions_key', ['workspace', 'endpoint', 'revision'])
      .execute();
    await schema.schema
      .createTable('serving_snapshots')
      .addColumn('workspace', 'text', (column) => column.primaryKey().notNull())
      .addColumn('revision', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createTable('inference_keys')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('requests_per_second', 'double precision', (column) => column.notNull())
      .addColumn('burst', 'integer', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('revoked_at', 'bigint')
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('inference_keys_key', ['workspace', 'id'])
      .execute();
    await schema.schema
      .createIndex('inference_keys_workspace_endpoint')
      .on('inference_keys')
      .columns(['workspace', 'endpoint'])
      .execute();
    await schema.schema
      .createTable('data_planes')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('seen_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('data_planes_key', ['workspace', 'source'])
      .execute();
    await schema.schema
      .createTable('prediction_sources')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('acknowledged', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('prediction_sources_key', ['workspace', 'source'])
      .execute();
    await schema.schema
      .createTable('prediction_counts')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('boot', 'text', (column) => column.notNull())
      .addColumn('rows', 'bigint', (column) => column.notNull())
      .addColumn('highest', 'bigint', (column) => column.notNull())
      .addColumn('answered', 'bigint', (column) => column.notNull())
      .addColumn('first_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('prediction_counts_key', ['workspace', 'endpoint', 'source', 'boot'])
      .execute();
    await schema.schema
      .createTable('prediction_parts')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('hour', 'bigint', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('rows', 'bigint', (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addColumn('time_min', 'bigint', (column) => column.notNull())
      .addColumn('time_max', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('retired_at', 'bigint')
      .addPrimaryKeyConstraint('prediction_parts_key', ['workspace', 'id'])
      .execute();
    await schema.schema
      .createIndex('prediction_parts_workspace_endpoint_hour')
      .on('prediction_parts')
      .columns(['workspace', 'endpoint', 'retired_at', 'hour'])
      .execute();
    await schema.schema
      .createTable('prediction_traffic')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('minute', 'bigint', (column) => column.notNull())
      .addColumn('arm', 'text', (column) => column.notNull())
      .addColumn('predictor', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('rows', 'bigint', (column) => column.notNull())
      .addColumn('latency', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('prediction_traffic_key', [
        'workspace',
        'endpoint',
        'minute',
        'arm',
        'predictor',
        'status',
      ])
      .execute();
    await schema.schema
      .createTable('serving_reports')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text')
      .addColumn('model_version_id', 'text')
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('serving_reports_key', ['workspace', 'id'])
      .execute();
    await schema.schema
      .createIndex('serving_reports_workspace_kind_endpoint')
      .on('serving_reports')
      .columns(['workspace', 'kind', 'endpoint', 'model_version_id'])
      .execute();
    await schema.schema
      .createTable('rollouts')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('change_id', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('model_version_id', 'text', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('rollouts_key', ['workspace', 'change_id'])
      .execute();
    await schema.schema
      .createIndex('rollouts_workspace_endpoint_updated_at')
      .on('rollouts')
      .columns(['workspace', 'endpoint', 'updated_at'])
      .execute();
  },
};
