import type { Migration } from '../storage/sql/migrator.ts';

/** Receivers of news outside, what each of them is told of, and what is to be delivered or was. */
export const webhooks: Migration = {
  name: '0027-webhooks',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('webhooks')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('url', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('secret', 'text')
      .addColumn('secret_key_id', 'text')
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('sending_job', 'text')
      .addColumn('sending_until', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createIndex('webhooks_workspace').on('webhooks').columns(['workspace', 'id']).execute();

    await schema
      .createTable('webhook_events')
      .addColumn('webhook_id', 'text', (column) => column.notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('event', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('webhook_events_key', ['webhook_id', 'event'])
      .execute();
    await schema
      .createIndex('webhook_events_event')
      .on('webhook_events')
      .columns(['workspace', 'event'])
      .execute();

    await schema
      .createTable('webhook_deliveries')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('webhook_id', 'text', (column) => column.notNull())
      .addColumn('event', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('response_status', 'integer')
      .addColumn('error', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('next_at', 'bigint', (column) => column.notNull())
      .addColumn('finished_at', 'bigint')
      .execute();
    await schema
      .createIndex('webhook_deliveries_webhook')
      .on('webhook_deliveries')
      .columns(['webhook_id', 'id'])
      .execute();
    await schema
      .createIndex('webhook_deliveries_state')
      .on('webhook_deliveries')
      .columns(['state', 'webhook_id', 'id'])
      .execute();
    await schema
      .createIndex('webhook_deliveries_finished_at')
      .on('webhook_deliveries')
      .column('finished_at')
      .execute();
  },
};
