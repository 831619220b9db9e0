import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { matchesPattern } from './matches-pattern.ts';
import { openTestDatabase } from './open-test-database.ts';

test('a pattern matches alike on every engine', async () => {
  const database = await openTestDatabase();
  const matches = async (text: string, operator: 'like' | 'ilike', pattern: string): Promise<boolean> => {
    const query = database.query<Record<never, never>>();
    const row = await query
      .selectNoFrom(
        sql<number>`case when ${matchesPattern(sql`cast(${text} as text)`, operator, pattern)} then 1 else 0 end`.as(
          'yes',
        ),
      )
      .executeTakeFirstOrThrow();
    return Number(row.yes) === 1;
  };
  try {
    assert.equal(await matches('linear', 'like', 'lin%'), true);
    assert.equal(await matches('linear', 'like', 'LIN%'), false);
    assert.equal(await matches('linear', 'ilike', 'LIN_AR'), true);
    assert.equal(await matches('a\\b', 'like', 'a\\b'), true);
    assert.equal(await matches('a\\b', 'ilike', 'A\\%'), true);
    assert.equal(await matches('a%b', 'like', 'a\\%b'), false);
  } finally {
    await database.close();
  }
});
