import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import { openMemoryDatabase } from '../storage/sql/sqlite/open-memory-database.ts';
import { areWritable } from './are-writable.ts';

it('runs are looked up by their ids, however many others their workspace has', async () => {
  const database = await openMemoryDatabase();
  const runs = ['a', 'b'].map((runId) => ({ workspace: 'default', runId }));
  const { rows } = await sql<{ detail: string }>`
    explain query plan select 1 where ${areWritable(database, runs)}`.execute(database.query());
  const plan = rows.map(({ detail }) => detail);
  assert.ok(plan.includes('SEARCH runs USING INDEX sqlite_autoindex_runs_1 (id=?)'), plan.join('\n'));
  await database.close();
});
