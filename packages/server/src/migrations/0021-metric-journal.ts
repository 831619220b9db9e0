import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Points of metrics as they came, until they are sorted into `metric_points`: many series at once are a page each there, and
 * one row here. A server of the release before shows them once they are sorted in.
 */
export const metricJournal: Migration = {
  name: '0021-metric-journal',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('metric_batches')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('writer', 'text', (column) => column.notNull())
      .addColumn('written_at', 'bigint', (column) => column.notNull())
      .addColumn('size', 'integer', (column) => column.notNull())
      .addColumn('points', 'text', (column) => column.notNull())
      .execute();
  },
};
