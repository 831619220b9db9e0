import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { GarbageReport } from '@esteira/contracts';
import fc from 'fast-check';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import { day, hour, openRetentionFixture } from './retention.fixture.ts';

type Fixture = Awaited<ReturnType<typeof openRetentionFixture>>;

describe('a garbage collection', () => {
  let house: Fixture;
  before(async () => {
    house = await openRetentionFixture();
  });
  after(() => house.close());

  it('frees exactly what nothing reaches for the grace period, whatever the graph, and nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(operations, async (chosen) => {
        const model = createModel(house);
        for (const operation of chosen) await model.apply(operation);
        await model.ageEverything();
      }),
      { numRuns: 12 },
    );
  });

  it('keeps what lies in directories of directories, and frees it with the outermost', async () => {
    const leaf = await house.put('a leaf below two folders');
    const inner = await house.putDirectory([{ name: 'leaf', kind: 'file', ...leaf }]);
    const outer = await house.putDirectory([{ name: 'inner', kind: 'directory', ...inner }]);
    house.things.set('tm_nested', thing('tm_nested', outer.digest, 'directory'));
    house.time.now += 3 * day;
    await house.collect();
    for (const { digest } of [leaf, inner, outer]) assert.ok(await house.has(digest));
    house.things.delete('tm_nested');
    assert.equal(blobsIn((await house.collect()).freed), 3);
    for (const { digest } of [leaf, inner, outer]) assert.ok(!(await house.has(digest)));
  });

  it('looks into a directory that another row takes for a file', async () => {
    const leaf = await house.put('seen through the second reference');
    const folder = await house.putDirectory([{ name: 'leaf', kind: 'file', ...leaf }]);
    house.things.set('tm_a', thing('tm_a', folder.digest, 'file'));
    house.things.set('tm_b', thing('tm_b', folder.digest, 'directory'));
    house.time.now += 3 * day;
    await house.collect();
    assert.ok(await house.has(leaf.digest));
    house.things.clear();
    await house.collect();
  });

  it('counts content that rows refer to and that is not there', async () => {
    house.things.set('tm_lost', thing('tm_lost', `sha256:${'0'.repeat(64)}`, 'directory'));
    assert.equal((await house.collect(true)).missing, 1);
    house.things.delete('tm_lost');
    assert.equal((await house.collect(true)).missing, 0);
  });

  it('frees nothing stored since the oldest job at work began', async () => {
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    house.jobs.register('test.long', async () => {
      begun.resolve();
      await end.promise;
      return null;
    });
    const id = await house.sql.transaction((tx) =>
      house.jobs.enqueue(tx, house.owner, { kind: 'test.long', payload: null }),
    );
    await begun.promise;
    const { digest } = await house.put('made by the job, to be recorded at its end');
    house.time.now += 2 * day;
    assert.equal(blobsIn((await house.collect()).freed), 0);
    end.resolve();
    await house.jobs.wait('default', id);
    assert.equal(blobsIn((await house.collect()).freed), 1);
    assert.ok(!(await house.has(digest)));
  });

  it('frees nothing while somebody copies an earlier moment of the database', async () => {
    const { digest } = await house.put('in a backup that is being made');
    house.time.now += 2 * day;
    const { whileBlobsAreHeld } = await import('../../storage/sql/blob-hold.ts');
    await whileBlobsAreHeld(house.leases, 'a-backup', async () => {
      assert.equal(blobsIn((await house.collect()).freed), 0);
      assert.ok(await house.has(digest));
    });
    assert.equal(blobsIn((await house.collect()).freed), 1);
  });

  it('begins the grace period anew for content that is stored again or that a directory takes over', async () => {
    const file = await house.put('replaced, then stored again');
    const child = await house.put('replaced, then taken over');
    const left = await house.put('replaced');
    house.time.now += 12 * hour;
    assert.equal((await house.collect()).waiting.blobs, 3);
    house.time.now += 11 * hour;
    await house.put('replaced, then stored again');
    const folder = await house.putDirectory([{ name: 'child', kind: 'file', ...child }]);
    house.time.now += 2 * hour;
    assert.equal(blobsIn((await house.collect()).freed), 1);
    assert.ok(!(await house.has(left.digest)));
    for (const { digest } of [file, child, folder]) assert.ok(await house.has(digest));
    house.time.now += day;
    assert.equal(blobsIn((await house.collect()).freed), 3);
    const gone = { name: 'gone', kind: 'file', ...child } as const;
    await assert.rejects(house.putDirectory([gone]), { code: 'BLOB_NOT_FOUND' });
    house.time.now += 2 * day;
    await house.collect();
  });
});

it('a collection that is cut off while freeing is carried on, and counts every blob once', async () => {
  let failures = 0;
  const house = await openRetentionFixture({
    spoil: (blobs): BlobStore => ({
      ...blobs,
      async deleteMany(digests, options) {
        failures++;
        if (failures > 1) return await blobs.deleteMany(digests, options);
        await blobs.deleteMany(digests.slice(0, 4), options);
        throw new Error('the machine stopped here');
      },
    }),
  });
  try {
    for (let number = 0; number < 10; number++) await house.put(`orphan ${number}`);
    house.time.now += 2 * day;
    const planned = await house.collect(true);
    const report = await house.collect();
    assert.ok(failures > 1, 'it was tried again');
    assert.deepEqual(report.freed, planned.freed);
    assert.equal(blobsIn(report.freed), 10);
    assert.equal(blobsIn((await house.collect()).freed), 0);
  } finally {
    await house.close();
  }
});

it('what is stored and referred to while a collection runs is never lost', async () => {
  const house = await openRetentionFixture();
  try {
    const texts = Array.from({ length: 60 }, (_, number) => `content ${number}`);
    for (let round = 0; round < 4; round++) {
      // All of it lies there unreferenced since long ago, and half of it is stored once more while it is collected.
      for (const text of texts) {
        const { digest } = await house.plain.put(bytesOf(text));
        const long = new Date(Date.now() - 3 * day);
        await utimes(await house.plain.localFile(digest), long, long);
      }
      house.time.now = Date.now();
      const collection = house.collect();
      const stored = await Promise.all(
        texts
          .filter((_, number) => number % 2 === round % 2)
          .map(async (text, number) => {
            await new Promise((resolve) => setTimeout(resolve, number));
            const { digest } = await house.blobs.put(bytesOf(text));
            house.things.set(`tm_${digest}`, thing(`tm_${digest}`, digest, 'file'));
            return digest;
          }),
      );
      await collection;
      for (const digest of stored) assert.ok(await house.has(digest), `round ${round}: ${digest} was lost`);
      await house.collect();
      for (const digest of stored)
        assert.ok(await house.has(digest), `round ${round}: ${digest} was lost later`);
      house.things.clear();
    }
  } finally {
    await house.close();
  }
});

type Operation =
  | { readonly do: 'file'; readonly content: number }
  | { readonly do: 'directory'; readonly of: readonly number[] }
  | { readonly do: 'refer'; readonly to: number }
  | { readonly do: 'forget'; readonly which: number }
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'collect' };

const operations = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('file' as const), content: fc.nat(9) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('directory' as const),
        of: fc.array(fc.nat(30), { maxLength: 4 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('refer' as const), to: fc.nat(30) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('forget' as const), which: fc.nat(10) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.nat(40) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('collect' as const) }) },
  ),
  { minLength: 4, maxLength: 30 },
);

/** What the store should hold, kept by the simplest means, beside the real thing. */
function createModel(house: Fixture) {
  interface Known {
    readonly digest: string;
    readonly size: number;
    readonly children: readonly string[];
    readonly type: 'file' | 'directory';
  }
  const known = new Map<string, Known>();
  let named = 0;

  function pick(number: number): Known | undefined {
    const all = [...known.values()];
    return all[number % Math.max(1, all.length)];
  }

  function reachable(): Set<string> {
    const reached = new Set<string>();
    const waiting = [...house.things.values()].flatMap(({ content }) => content.map(({ digest }) => digest));
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(...(known.get(next)?.children ?? []));
    }
    return reached;
  }

  /** A dry run, the collection it foretells, and one more that finds nothing left to do. */
  async function collectThrice(): Promise<void> {
    const planned = await house.collect(true);
    const done = await house.collect();
    assert.deepEqual(done, { ...planned, dryRun: false });
    assert.deepEqual((await house.collect()).freed, []);
    const reached = reachable();
    for (const digest of reached) assert.ok(await house.has(digest), `${digest} is reached and gone`);
    // Rooms refer only to what is there; neither do these.
    for (const { digest } of known.values()) if (!(await house.has(digest))) known.delete(digest);
  }

  return {
    async apply(operation: Operation): Promise<void> {
      switch (operation.do) {
        case 'file': {
          const stored = await house.put(`file ${operation.content}`);
          known.set(stored.digest, { ...stored, children: [], type: 'file' });
          return;
        }
        case 'directory': {
          const children = operation.of.flatMap((number) => pick(number) ?? []);
          const entries = children.map(({ digest, size, type }, place) => {
            return { name: `entry ${place}`, kind: type, digest, size };
          });
          const stored = await house.putDirectory(entries);
          // Whoever takes over old files for a directory refers to it in the same breath.
          house.things.set(`tm_${++named}`, thing(`tm_${named}`, stored.digest, 'directory'));
          const digests = children.map(({ digest }) => digest);
          known.set(stored.digest, { ...stored, children: digests, type: 'directory' });
          return;
        }
        case 'refer': {
          const target = pick(operation.to);
          if (target === undefined) return;
          // A row that refers to content is written by whoever has just stored it.
          if (target.type === 'file') await utimesNow(house, target.digest);
          else if (!reachable().has(target.digest)) return;
          house.things.set(`tm_${++named}`, thing(`tm_${named}`, target.digest, target.type));
          return;
        }
        case 'forget': {
          const ids = [...house.things.keys()];
          const id = ids[operation.which % Math.max(1, ids.length)];
          if (id !== undefined) house.things.delete(id);
          return;
        }
        case 'wait':
          house.time.now += operation.hours * hour;
          return;
        case 'collect':
          await collectThrice();
      }
    },

    /** When everything is old, only what is reached is left; when nothing is, nothing. */
    async ageEverything(): Promise<void> {
      house.time.now += 2 * day;
      await collectThrice();
      house.time.now += 2 * day;
      await collectThrice();
      const left = new Set<string>();
      for await (const { digest } of house.plain.list()) left.add(digest);
      assert.deepEqual(left, reachable());
      house.things.clear();
      house.time.now += 2 * day;
      await collectThrice();
      for await (const { digest } of house.plain.list()) assert.fail(`${digest} is left`);
    },
  };
}

async function utimesNow(house: Fixture, digest: string): Promise<void> {
  const now = new Date(house.time.now);
  await utimes(await house.plain.localFile(digest), now, now);
}

function thing(id: string, digest: string, type: 'file' | 'directory') {
  return { id, at: 0, content: [{ digest, type }] };
}

function blobsIn(freed: GarbageReport['freed']): number {
  return freed.reduce((sum, { blobs }) => sum + blobs, 0);
}

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
