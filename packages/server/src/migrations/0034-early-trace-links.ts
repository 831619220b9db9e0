import type { Migration } from '../storage/sql/migrator.ts';

/** Links to runs of traces that have not come yet: clients send traces behind their calls. */
export const earlyTraceLinks: Migration = {
  name: '0034-early-trace-links',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('early_trace_links')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('trace_id', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('early_trace_links_key', ['run_id', 'trace_id', 'workspace'])
      .execute();
    await schema
      .createIndex('early_trace_links_trace')
      .on('early_trace_links')
      .columns(['workspace', 'trace_id'])
      .execute();
  },
};
