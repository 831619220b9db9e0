import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import type { Cache } from './cache.ts';

const minute = { ttlMs: 60_000 };

/** What every cache engine must keep. `open` gives an empty one of at least a megabyte. */
export function cacheContract(engine: string, open: () => Promise<Cache>): void {
  describe(`the cache port on ${engine}`, () => {
    let cache: Cache;
    let spaces = 0;
    const fresh = (): string => `space-${spaces++}`;
    before(async () => {
      cache = await open();
    });
    after(() => cache.close());

    it('returns any bytes under any key, in the order asked for', async () => {
      const key = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.string({ maxLength: 20 }));
      const entry = fc.record({ key, value: fc.uint8Array({ maxLength: 50 }) });
      const entries = fc.uniqueArray(entry, {
        maxLength: 10,
        selector: ({ key: one }) => Buffer.from(one).toString('hex'),
      });
      await fc.assert(
        fc.asyncProperty(fc.constantFrom('', ':', '\0', 'ação'), entries, async (name, kept) => {
          const space = `${fresh()}${name}`;
          await cache.setMany(space, kept, minute);
          const keys = [...kept.map((one) => one.key), 'never set, longer than any of the others'].reverse();
          const found = await cache.getMany(space, keys);
          assert.equal(found[0], undefined);
          const expected = kept.map(({ value }) => Buffer.from(value).toString('hex')).reverse();
          assert.deepEqual(
            found.slice(1).map((value) => Buffer.from(value ?? [0]).toString('hex')),
            expected,
          );
        }),
        { numRuns: 20 },
      );
    });

    it('keeps namespaces apart, however their names and keys are cut', async () => {
      await cache.setMany('a', [{ key: 'b:c', value: Buffer.from('1') }], minute);
      assert.deepEqual(await cache.getMany('a:b', ['c']), [undefined]);
      assert.deepEqual(await cache.getMany('', ['a:b:c']), [undefined]);
      assert.equal(textOf((await cache.getMany('a', ['b:c']))[0]), '1');
    });

    it('replaces, deletes, and takes nothing for an answer', async () => {
      const space = fresh();
      await cache.setMany(space, [{ key: 'k', value: Buffer.from('old') }], minute);
      await cache.setMany(space, [{ key: 'k', value: Buffer.alloc(0) }], minute);
      assert.equal((await cache.getMany(space, ['k']))[0]?.length, 0);
      await cache.deleteMany(space, ['k', 'never set']);
      assert.deepEqual(await cache.getMany(space, ['k']), [undefined]);
      await cache.setMany(space, [], minute);
      await cache.deleteMany(space, []);
      assert.deepEqual(await cache.getMany(space, []), []);
    });

    it('does not keep what its time is over for', async () => {
      const space = fresh();
      await cache.setMany(space, [{ key: 'brief', value: Buffer.from('x') }], { ttlMs: 1 });
      await cache.setMany(space, [{ key: 'long', value: Buffer.from('x') }], minute);
      while ((await cache.getMany(space, ['brief']))[0] !== undefined) await pause(5);
      assert.equal((await cache.getMany(space, ['long']))[0]?.length, 1);
    });

    it('takes thousands at once', async () => {
      const space = fresh();
      const entries = Array.from({ length: 2_500 }, (_, index) => ({
        key: `k${index}`,
        value: Buffer.from(`v${index}`),
      }));
      const keys = entries.map(({ key }) => key);
      let found: Awaited<ReturnType<Cache['getMany']>> = [];
      // An engine that is slow is for a while a cache that holds nothing.
      for (let attempt = 0; attempt < 10 && !(found.length > 0 && found.every(Boolean)); attempt++) {
        await pause(attempt * 100);
        await cache.setMany(space, entries, minute);
        found = await cache.getMany(space, keys);
      }
      assert.deepEqual(
        found.map(textOf),
        entries.map(({ value }) => textOf(value)),
      );
    });

    it('gives what was kept, whatever its owner does with the bytes afterwards', async () => {
      const space = fresh();
      const value = Buffer.from('kept');
      await cache.setMany(space, [{ key: 'k', value }], minute);
      value.fill(0);
      assert.equal(textOf((await cache.getMany(space, ['k']))[0]), 'kept');
    });
  });
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}
