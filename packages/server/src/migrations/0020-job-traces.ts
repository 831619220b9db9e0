import type { Migration } from '../storage/sql/migrator.ts';

/** Where a job was enqueued, as a W3C `traceparent`; null when nothing was traced. */
export const jobTraces: Migration = {
  name: '0020-job-traces',
  breaking: false,
  async up(schema) {
    await schema.schema.alterTable('jobs').addColumn('traceparent', 'text').execute();
  },
};
