import type { Migration } from '../storage/sql/migrator.ts';

/** Events and how far each subscriber has got. `position` orders events; ids sort by time only to the millisecond. */
export const events: Migration = {
  name: '0000-events',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('events')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('position', 'bigint', (column) => column.notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('payload', 'text', (column) => column.notNull())
      .execute();
    await schema.schema.createIndex('events_position').unique().on('events').column('position').execute();
    await schema.schema
      .createIndex('events_workspace_position')
      .on('events')
      .columns(['workspace', 'position'])
      .execute();
    await schema.schema
      .createIndex('events_type_position')
      .on('events')
      .columns(['type', 'position'])
      .execute();
    await schema.schema
      .createTable('event_deliveries')
      .addColumn('subscriber', 'text', (column) => column.primaryKey().notNull())
      .addColumn('position', 'bigint', (column) => column.notNull())
      .execute();
  },
};
