import type { Migration } from '../storage/sql/migrator.ts';

/** Who asked endpoints in development, day by day: a sandbox that is used as production is told apart by it. */
export const endpointCallers: Migration = {
  name: '0039-endpoint-callers',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('endpoint_callers')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('caller', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('endpoint_callers_key', ['workspace', 'endpoint', 'day', 'caller'])
      .execute();
  },
};
