import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../kernel/clock.ts';
import { openTestDatabase } from '../../sql/open-test-database.ts';
import { limitStoreContract } from '../limit-store.contract.ts';
import { createSqlLimitStore } from './sql-limit-store.ts';

limitStoreContract('SQLite', async () => {
  const database = await openTestDatabase();
  return { ...createSqlLimitStore({ database, clock: systemClock }), close: () => database.close() };
});

test('a budget says what nobody is known to have used: all of it at first, and what is leased until it is told', async () => {
  const database = await openTestDatabase();
  const store = createSqlLimitStore({ database, clock: systemClock });
  const left = async () => [...(await store.leftOf('keys', [{ limit: 'shop@day', capacity: 100 }])).values()];
  const ask = { limit: 'shop@day', spec: { perSecond: 0, capacity: 100 }, least: 1, known: false };
  assert.deepEqual(await left(), [100]);
  await store.exchange('keys', 'one', [{ ...ask, left: 0, returned: 0, wanted: 40 }]);
  assert.deepEqual(await left(), [100]);
  await store.exchange('keys', 'one', [{ ...ask, left: 25, returned: 0, wanted: 25 }]);
  assert.deepEqual(await left(), [85]);
  assert.deepEqual(await store.leftOf('others', []), new Map());
  await database.close();
});
