import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Which state the experiments of a workspace are in, so that what was found of them is found once. Of what a server of the
 * release before writes, those that keep it would not hear.
 */
export const experimentStates: Migration = {
  name: '0042-experiment-states',
  breaking: true,
  async up({ schema }) {
    await schema
      .alterTable('experiment_numbers')
      .addColumn('revision', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
  },
};
