import { sql } from 'kysely';
import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Runs of an experiment in the order of a metric, as an index has them. The release before would make series that are not
 * found by it, and would forget latest values that wait in the journal.
 */
export const metricOrder: Migration = {
  name: '0030-metric-order',
  breaking: true,
  async up(database) {
    const { schema } = database;
    await schema
      .alterTable('metric_series')
      .addColumn('experiment_id', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
    await sql`
      update metric_series set experiment_id = runs.experiment_id
      from runs where runs.id = metric_series.run_id`.execute(database);
    await schema
      .createIndex('metric_series_order')
      .on('metric_series')
      .columns(['experiment_id', 'name', 'is_nan', 'value', 'run_id'])
      .execute();
  },
};
