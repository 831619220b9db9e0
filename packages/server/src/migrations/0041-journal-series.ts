import { sql } from 'kysely';
import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Between which numbers the series of a batch lie, so that the history of one metric does not read what waits of all others. A
 * batch that a server of the release before has written may hold any.
 */
export const journalSeries: Migration = {
  name: '0041-journal-series',
  breaking: false,
  async up({ schema }) {
    await schema
      .alterTable('metric_batches')
      .addColumn('first_series', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await schema
      .alterTable('metric_batches')
      .addColumn('last_series', 'bigint', (column) =>
        column.notNull().defaultTo(sql.lit(Number.MAX_SAFE_INTEGER)),
      )
      .execute();
  },
};
