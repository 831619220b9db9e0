import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import { systemRandom } from '../../../kernel/random-source.ts';
import { openPostgresDatabase } from './open-postgres-database.ts';
import { createTestDatabase } from './test-postgres.fixture.ts';

it('rows are looked up along the index from the first row on, for the plan is kept while the table grows', async () => {
  const { url, drop } = await createTestDatabase();
  const database = await openPostgresDatabase({ url, poolSize: 1, random: systemRandom });
  // Wide rows: few are guessed to lie on the pages of an empty table, and all of them to be soon gone through.
  const columns = Array.from({ length: 16 }, (_, index) => `c${index} text`);
  await database.transaction((tx) =>
    sql`create table growing (id text primary key, ${sql.raw(columns.join(', '))})`.execute(tx.query()),
  );
  const wanted = Array.from({ length: 10 }, (_, index) => `id ${index}`);
  const { rows } = await sql<Record<string, string>>`
    explain select * from growing where ${database.isOneOf('id', wanted)}`.execute(database.query());
  const plan = rows.map((row) => Object.values(row)[0]).join('\n');
  assert.match(plan, /Index/);
  assert.doesNotMatch(plan, /Seq Scan/);
  await database.close();
  await drop();
});
