import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../kernel/clock.ts';
import { cacheContract } from '../cache.contract.ts';
import { createMemoryCache } from './memory-cache.ts';

cacheContract('memory', async () => createMemoryCache({ clock: systemClock, maxBytes: 4 * 1024 * 1024 }));

test('past its bound the least recently used go first, and what is too large is not kept', async () => {
  const time = { now: 0 };
  const cache = createMemoryCache({ clock: { now: () => time.now }, maxBytes: 4_000 });
  const options = { ttlMs: 1_000 };
  const value = Buffer.alloc(700);
  for (const key of ['a', 'b', 'c', 'd']) await cache.setMany('s', [{ key, value }], options);
  await cache.getMany('s', ['a']);
  await cache.setMany('s', [{ key: 'e', value }], options);
  const found = await cache.getMany('s', ['a', 'b', 'c', 'd', 'e']);
  assert.deepEqual(
    found.map((entry) => entry !== undefined),
    [true, false, true, true, true],
  );
  await cache.setMany('s', [{ key: 'a', value: Buffer.alloc(5_000) }], options);
  assert.deepEqual(await cache.getMany('s', ['a']), [undefined]);
  time.now = 1_000;
  assert.deepEqual(await cache.getMany('s', ['c', 'e']), [undefined, undefined]);
});
