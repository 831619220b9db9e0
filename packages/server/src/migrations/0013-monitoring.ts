import type { ColumnDataType, CreateTableBuilder, Kysely } from 'kysely';
import type { Migration } from '../storage/sql/migrator.ts';

type ColumnSpec = readonly [name: string, type: ColumnDataType, optional?: 'optional'];

/** Monitors with their windows, labels, alerts and what was sent, retraining policies and their runs. */
export const monitoring: Migration = {
  name: '0013-monitoring',
  breaking: false,
  async up(schema) {
    await createTable(
      schema,
      'monitors',
      ['workspace', 'name'],
      [
        ['id', 'text'],
        ['name', 'text'],
        ['endpoint', 'text'],
        ['settings', 'text'],
        ['revision', 'integer'],
        ['watermark', 'bigint', 'optional'],
        ['evaluated_at', 'bigint', 'optional'],
        ['problem', 'text', 'optional'],
        ['created_by', 'text'],
        ['created_at', 'bigint'],
        ['updated_at', 'bigint'],
      ],
    );
    await createIndex(schema, 'monitors', ['workspace', 'endpoint']);
    await createTable(
      schema,
      'monitor_references',
      ['workspace', 'monitor_id', 'cache_key'],
      [
        ['monitor_id', 'text'],
        ['cache_key', 'text'],
        ['digest', 'text'],
        ['rows', 'bigint'],
        ['columns', 'integer'],
        ['chunks', 'integer'],
        ['model_version_id', 'text', 'optional'],
        ['created_at', 'bigint'],
      ],
    );
    await createTable(
      schema,
      'monitor_windows',
      ['workspace', 'monitor_id', 'start_at'],
      [
        ['monitor_id', 'text'],
        ['start_at', 'bigint'],
        ['end_at', 'bigint'],
        ['rows', 'bigint'],
        ['labelled_rows', 'bigint'],
        ['revision', 'integer'],
        ['inputs_digest', 'text'],
        ['result', 'text'],
        ['evaluated_at', 'bigint'],
      ],
    );
    await createTable(
      schema,
      'monitor_signals',
      ['workspace', 'monitor_id', 'signal'],
      [
        ['monitor_id', 'text'],
        ['signal', 'text'],
        ['state', 'text'],
        ['alert_id', 'text', 'optional'],
      ],
    );
    await createTable(
      schema,
      'alerts',
      ['workspace', 'id'],
      [
        ['id', 'text'],
        ['monitor_id', 'text'],
        ['monitor', 'text'],
        ['endpoint', 'text'],
        ['signal', 'text'],
        ['state', 'text'],
        ['causes', 'text'],
        ['summary', 'text'],
        ['window_start', 'bigint'],
        ['window_end', 'bigint'],
        ['opened_at', 'bigint'],
        ['fired_at', 'bigint', 'optional'],
        ['acknowledged_at', 'bigint', 'optional'],
        ['acknowledged_by', 'text', 'optional'],
        ['acknowledgement', 'text', 'optional'],
        ['resolved_at', 'bigint', 'optional'],
      ],
    );
    await createIndex(schema, 'alerts', ['workspace', 'endpoint']);
    await createTable(
      schema,
      'alert_transitions',
      ['workspace', 'id'],
      [
        ['id', 'text'],
        ['alert_id', 'text'],
        ['monitor_id', 'text'],
        ['signal', 'text'],
        ['from_state', 'text'],
        ['to_state', 'text'],
        ['at', 'bigint'],
        ['actor', 'text'],
        ['window_start', 'bigint', 'optional'],
        ['reason', 'text'],
      ],
    );
    await createIndex(schema, 'alert_transitions', ['workspace', 'alert_id']);
    await createIndex(schema, 'alert_transitions', ['workspace', 'monitor_id']);
    await createTable(
      schema,
      'alert_routes',
      ['workspace', 'name'],
      [
        ['name', 'text'],
        ['kind', 'text'],
        ['acknowledged_test_at', 'bigint', 'optional'],
        ['created_by', 'text'],
        ['created_at', 'bigint'],
      ],
    );
    await createTable(
      schema,
      'notifications',
      ['workspace', 'id'],
      [
        ['id', 'text'],
        ['route', 'text'],
        ['kind', 'text'],
        ['alert_id', 'text', 'optional'],
        ['title', 'text'],
        ['text', 'text'],
        ['state', 'text'],
        ['suppressed_because', 'text', 'optional'],
        ['at', 'bigint'],
        ['acknowledged_at', 'bigint', 'optional'],
        ['acknowledged_by', 'text', 'optional'],
      ],
    );
    await createIndex(schema, 'notifications', ['workspace', 'alert_id']);
    await createTable(
      schema,
      'silences',
      ['workspace', 'id'],
      [
        ['id', 'text'],
        ['monitor', 'text', 'optional'],
        ['signal', 'text', 'optional'],
        ['reason', 'text'],
        ['owner', 'text'],
        ['starts_at', 'bigint'],
        ['ends_at', 'bigint', 'optional'],
      ],
    );
    await createTable(
      schema,
      'label_parts',
      ['workspace', 'id'],
      [
        ['id', 'text'],
        ['endpoint', 'text'],
        ['digest', 'text'],
        ['rows', 'bigint'],
        ['unknown', 'bigint'],
        ['time_min', 'bigint', 'optional'],
        ['time_max', 'bigint', 'optional'],
        ['created_at', 'bigint'],
        ['retired_at', 'bigint', 'optional'],
      ],
    );
    await createIndex(schema, 'label_parts', ['workspace', 'endpoint']);
    await createTable(
      schema,
      'label_batches',
      ['workspace', 'id'],
      [
        ['id', 'text'],
        ['endpoint', 'text'],
        ['received_at', 'bigint'],
        ['stored', 'integer'],
        ['corrected', 'integer'],
      ],
    );
    await createIndex(schema, 'label_batches', ['workspace', 'endpoint', 'received_at']);
    await createTable(
      schema,
      'retraining_policies',
      ['workspace', 'name'],
      [
        ['id', 'text'],
        ['name', 'text'],
        ['endpoint', 'text'],
        ['settings', 'text'],
        ['owner_id', 'text'],
        ['owner_name', 'text'],
        ['created_at', 'bigint'],
        ['updated_at', 'bigint'],
      ],
    );
    await createTable(
      schema,
      'retraining_runs',
      ['workspace', 'id'],
      [
        ['id', 'text'],
        ['policy', 'text'],
        ['endpoint', 'text'],
        ['pipeline', 'text'],
        ['trigger', 'text'],
        ['cause', 'text', 'optional'],
        ['monitor_id', 'text', 'optional'],
        ['alert_id', 'text', 'optional'],
        ['window_start', 'bigint', 'optional'],
        ['window_end', 'bigint', 'optional'],
        ['decision', 'text', 'optional'],
        ['reason', 'text'],
        ['parameters', 'text'],
        ['pipeline_run_id', 'text', 'optional'],
        ['evaluation_id', 'text', 'optional'],
        ['model_version_id', 'text', 'optional'],
        ['comparison', 'text', 'optional'],
        ['change_id', 'text', 'optional'],
        ['created_by', 'text'],
        ['created_at', 'bigint'],
        ['finished_at', 'bigint', 'optional'],
      ],
    );
    await createIndex(schema, 'retraining_runs', ['workspace', 'policy', 'cause']);
  },
};

/** Every table begins with its workspace; columns hold a value unless they say otherwise. */
async function createTable(
  schema: Kysely<unknown>,
  table: string,
  key: readonly string[],
  columns: readonly ColumnSpec[],
): Promise<void> {
  let builder: CreateTableBuilder<string, string> = schema.schema
    .createTable(table)
    .addColumn('workspace', 'text', (column) => column.notNull());
  for (const [name, type, optional] of columns) {
    builder = builder.addColumn(name, type, (column) => (optional ? column : column.notNull()));
  }
  await builder.addPrimaryKeyConstraint(`${table}_key`, [...key]).execute();
}

async function createIndex(
  schema: Kysely<unknown>,
  table: string,
  columns: readonly string[],
): Promise<void> {
  await schema.schema
    .createIndex(`${table}_${columns.join('_')}`)
    .on(table)
    .columns([...columns])
    .execute();
}
