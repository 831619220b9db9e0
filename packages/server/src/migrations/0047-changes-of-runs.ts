import type { Migration } from '../storage/sql/migrator.ts';

/** How many changes of a run wait tells, with its revision, which state it is in: found for each run of a page. */
export const changesOfRuns: Migration = {
  name: '0047-changes-of-runs',
  breaking: false,
  async up({ schema }) {
    await schema.createIndex('run_text_changes_by_run').on('run_text_changes').column('run_id').execute();
  },
};
