import type { Migration } from '../storage/sql/migrator.ts';

/** What is added to the positions an engine derives from its own transactions, so that they go on after a move. */
export const commitEpochs: Migration = {
  name: '0016-commit-epochs',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('commit_epochs')
      .addColumn('base', 'bigint', (column) => column.primaryKey().notNull())
      .execute();
  },
};
