import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Traces of language models. A trace has a small number as its key, so that spans and their index stay narrow: ids of traces
 * are made by clients, and the same one may stand in two workspaces. What searches and lists need of a span has a column, the
 * rest is one text of JSON. Times of spans are microseconds, which numbers hold exactly; the text has the nanoseconds.
 */
export const traces: Migration = {
  name: '0028-traces',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('traces')
      .addColumn('number', 'bigint', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('experiment_id', 'text', (column) => column.notNull())
      .addColumn('requested_at', 'bigint', (column) => column.notNull())
      .addColumn('duration_ms', 'bigint')
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('name', 'text')
      .addColumn('client_request_id', 'text')
      .addColumn('request_preview', 'text')
      .addColumn('response_preview', 'text')
      .addColumn('session_id', 'text')
      .addColumn('input_tokens', 'bigint')
      .addColumn('output_tokens', 'bigint')
      .addColumn('total_tokens', 'bigint')
      .addColumn('cache_read_tokens', 'bigint')
      .addColumn('cache_write_tokens', 'bigint')
      .addColumn('told', 'integer', (column) => column.notNull())
      .addColumn('spans_stored', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('traces_workspace_id')
      .unique()
      .on('traces')
      .columns(['workspace', 'id'])
      .execute();
    await schema.schema
      .createIndex('traces_experiment_id_requested_at')
      .on('traces')
      .columns(['experiment_id', 'requested_at', 'id'])
      .execute();
    await schema.schema
      .createIndex('traces_workspace_requested_at')
      .on('traces')
      .columns(['workspace', 'requested_at', 'id'])
      .execute();
    for (const table of ['trace_tags', 'trace_metadata']) {
      await schema.schema
        .createTable(table)
        .addColumn('trace', 'bigint', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint(`${table}_key`, ['trace', 'name'])
        .execute();
    }
    await schema.schema
      .createTable('spans')
      .addColumn('trace', 'bigint', (column) => column.notNull())
      .addColumn('span_id', 'text', (column) => column.notNull())
      .addColumn('parent_id', 'text')
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('type', 'text')
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('started_us', 'bigint', (column) => column.notNull())
      .addColumn('ended_us', 'bigint')
      .addColumn('model', 'text')
      .addColumn('provider', 'text')
      .addColumn('usage', 'text')
      .addColumn('body', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('spans_key', ['trace', 'span_id'])
      .execute();
    await schema.schema
      .createTable('trace_assessments')
      .addColumn('trace', 'bigint', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('number', 'double precision')
      .addColumn('error', 'text')
      .addColumn('rationale', 'text')
      .addColumn('source_type', 'text', (column) => column.notNull())
      .addColumn('source_id', 'text')
      .addColumn('span_id', 'text')
      .addColumn('run_id', 'text')
      .addColumn('metadata', 'text')
      .addColumn('overrides', 'text')
      .addColumn('valid', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('trace_assessments_key', ['trace', 'id'])
      .execute();
    await schema.schema
      .createTable('trace_runs')
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('trace', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('trace_runs_key', ['run_id', 'trace'])
      .execute();
    await schema.schema.createIndex('trace_runs_trace').on('trace_runs').column('trace').execute();
    await schema.schema
      .createTable('trace_prompts')
      .addColumn('prompt', 'text', (column) => column.notNull())
      .addColumn('trace', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('trace_prompts_key', ['prompt', 'trace'])
      .execute();
    await schema.schema.createIndex('trace_prompts_trace').on('trace_prompts').column('trace').execute();
  },
};
