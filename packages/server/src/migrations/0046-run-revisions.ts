import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Which state of a run was read, so that what was printed of it is printed once. Of what a server of the release before writes,
 * those that keep it would not hear.
 */
export const runRevisions: Migration = {
  name: '0046-run-revisions',
  breaking: true,
  async up({ schema }) {
    await schema
      .alterTable('runs')
      .addColumn('revision', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
  },
};
