import { sql } from 'kysely';
import type { Migration } from '../storage/sql/migrator.ts';

/**
 * What is searched of the words of runs. Words of a run that was begun wait until they are taken over, and so do those of a run
 * that was changed; at first all do. Runs would not be found by what a server of the release before writes.
 */
export const runTexts: Migration = {
  name: '0031-run-texts',
  breaking: true,
  async up({ schema }) {
    await schema
      .createTable('run_texts')
      .addColumn('run_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('words', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('run_text_changes')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .execute();
    await schema
      .alterTable('runs')
      .addColumn('words_waiting', 'integer', (column) => column.notNull().defaultTo(1))
      .execute();
    await schema
      .createIndex('runs_words_waiting')
      .on('runs')
      .column('id')
      .where(sql.ref('words_waiting'), '=', sql.lit(1))
      .execute();
  },
};
