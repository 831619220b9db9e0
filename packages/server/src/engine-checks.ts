import type { EngineCheck } from './http/index.ts';
import type { BlobStore } from './storage/blobs/blob-store.ts';
import type { SqlReader } from './storage/sql/sql-database.ts';
import type { LazyTableEngine } from './storage/tables/lazy-table-engine.ts';

/** What has to answer before requests should come. An engine that nothing has used yet is not opened for the question. */
export function engineChecks(engines: {
  readonly sql: SqlReader;
  readonly blobs: Pick<BlobStore, 'check'>;
  readonly tables: LazyTableEngine;
}): readonly EngineCheck[] {
  return [
    {
      name: 'sql',
      check: () =>
        engines.sql
          .query<{ migrations: { name: string } }>()
          .selectFrom('migrations')
          .select('name')
          .limit(1)
          .execute(),
    },
    { name: 'blobs', check: () => engines.blobs.check() },
    {
      name: 'tables',
      // A connection of its own: long statements of others are no sign of ill health.
      check: async () => (await engines.tables.opened())?.session((session) => session.query('select 1')),
    },
  ];
}
