import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentActivity, withinActivity } from '../../kernel/activity.ts';
import { noMeter } from '../../kernel/meter.ts';
import { noTracer } from '../../kernel/tracer.ts';
import { observeSqlDatabase } from './observed-sql-database.ts';
import { openMemoryDatabase } from './sqlite/open-memory-database.ts';

test('each body runs for its own caller, though an engine runs them together; what follows a commit for nobody', async () => {
  const database = observeSqlDatabase(await openMemoryDatabase(), { meter: noMeter, tracer: noTracer });
  const after: unknown[] = [];
  const seen = await Promise.all(
    ['a', 'b', 'c'].map((requestId) =>
      withinActivity({ requestId }, () =>
        database.transaction(async (tx) => {
          tx.afterCommit(() => after.push(currentActivity()));
          await tx
            .query<{ migrations: { name: string } }>()
            .selectFrom('migrations')
            .select('name')
            .execute();
          return currentActivity()?.requestId;
        }),
      ),
    ),
  );
  assert.deepEqual(seen, ['a', 'b', 'c']);
  assert.deepEqual(after, [undefined, undefined, undefined]);
  await database.close();
});
