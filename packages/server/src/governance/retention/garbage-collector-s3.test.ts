import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { GarbageReport } from '@esteira/contracts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import { openContentAddressedStore } from '../../storage/blobs/content-addressed-store.ts';
import { guardBlobStore } from '../../storage/blobs/guard-blob-store.ts';
import { openBlobStore } from '../../storage/blobs/open-blob-store.ts';
import { plainLayout } from '../../storage/blobs/plain-layout.ts';
import { openTestBucket, s3TestSettings } from '../../storage/blobs/s3/s3-bucket.fixture.ts';
import { openS3ObjectStorage } from '../../storage/blobs/s3/s3-object-storage.ts';
import type { S3Settings } from '../../storage/blobs/s3/s3-settings.ts';
import { openUnreliableProxy } from '../../storage/blobs/s3/unreliable-proxy.fixture.ts';
import { day, openRetentionFixture } from './retention.fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-gc-s3-'));
after(() => rmSync(root, { recursive: true, force: true }));
const deps = { clock: systemClock, random: systemRandom, logger: silentLogger };
const settings = s3TestSettings();
if (settings !== undefined) describe('a garbage collection in a bucket', () => collectionInBucket(settings));

function collectionInBucket(all: S3Settings): void {
  let made = 0;
  const bucket = openTestBucket(all);
  after(async () => {
    await bucket.erase();
    bucket.close();
  });

  async function open(own: S3Settings, blobKeys?: string): Promise<BlobStore> {
    const directory = mkdtempSync(join(root, 'local-'));
    const config = { s3Region: own.region, ...(blobKeys === undefined ? {} : { blobKeys }) };
    return (await openBlobStore({ ...deps, config, directory, bucket: own })).blobs;
  }

  /** Everything that is stored again counts as stored anew, as it does when it is an hour old. */
  async function openRenewing(own: S3Settings): Promise<BlobStore> {
    const directory = mkdtempSync(join(root, 'local-'));
    const objects = await openS3ObjectStorage({ ...deps, settings: own, renewAfterMs: 0 });
    return await openContentAddressedStore({ layout: plainLayout(objects), directory, random: systemRandom });
  }

  function ownSettings(): S3Settings {
    made++;
    return { ...all, prefix: `${all.prefix}${made}/` };
  }

  it('frees what nothing refers to and nothing else, as its dry run says, many in one request', async () => {
    const own = ownSettings();
    const proxy = await openUnreliableProxy(own.endpoint ?? '');
    const house = await openRetentionFixture({ open: () => open({ ...own, endpoint: proxy.url }) });
    try {
      const kept = [];
      for (let number = 0; number < 12; number++) {
        const file = await house.put(`kept ${number}`);
        const folder = await house.putDirectory([{ name: 'file', kind: 'file', ...file }]);
        house.things.set(`tm_${number}`, thing(`tm_${number}`, folder.digest, 'directory'));
        kept.push(file.digest, folder.digest);
      }
      const orphans = [];
      for (let number = 0; number < 30; number++) orphans.push((await house.put(`orphan ${number}`)).digest);
      assert.deepEqual((await house.collect(true)).freed, [], 'nothing is old enough');
      house.time.now += 3 * day;
      const planned = await house.collect(true);
      for (const digest of orphans) assert.ok(await house.has(digest), 'a dry run frees nothing');
      const before = proxy.requests().length;
      const report = await house.collect();
      assert.deepEqual(report, { ...planned, dryRun: false });
      assert.equal(blobsIn(report.freed), 30);
      for (const digest of orphans) assert.ok(!(await house.has(digest)));
      for (const digest of kept) assert.ok(await house.has(digest));
      const requests = proxy.requests().slice(before);
      assert.deepEqual(
        requests.filter((request) => request.startsWith('DELETE')),
        [],
      );
      assert.equal(requests.filter((request) => /^POST .*[?&]delete/.test(request)).length, 2);
      assert.deepEqual((await house.collect()).freed, []);
      // Neither notices of deletions nor renewals are left of what was freed.
      assert.equal((await bucket.names(`${made}/`)).length, kept.length + 1);
    } finally {
      await house.close();
      await proxy.close();
    }
  });

  it('never frees what another server stores and refers to meanwhile', async () => {
    const own = ownSettings();
    const house = await openRetentionFixture({ open: () => openRenewing(own) });
    const other = await openRenewing(own);
    const elsewhere = guardBlobStore(other, { database: house.sql, clock: house.deps.clock });
    try {
      const texts = Array.from({ length: 40 }, (_, number) => `content ${number}`);
      let freed = 0;
      for (let round = 0; round < 3; round++) {
        // All of it lies there unreferenced, and half of it is stored once more while it is collected.
        for (const text of texts) await house.plain.put(bytesOf(text));
        // The bucket tells the time in seconds.
        await pause(1100);
        house.time.now = Math.floor(Date.now() / 1000) * 1000 + day;
        const collection = house.collect();
        const stored = await Promise.all(
          texts
            .filter((_, number) => number % 2 === round % 2)
            .map(async (text, number) => {
              await pause(number * 15);
              const { digest } = await elsewhere.put(bytesOf(text));
              house.things.set(`tm_${digest}`, thing(`tm_${digest}`, digest, 'file'));
              return digest;
            }),
        );
        freed += blobsIn((await collection).freed);
        for (const digest of stored) assert.ok(await house.has(digest), `round ${round}: ${digest} was lost`);
        house.time.now += 2 * day;
        freed += blobsIn((await house.collect()).freed);
        for (const digest of stored)
          assert.ok(await house.has(digest), `round ${round}: ${digest} was lost later`);
        const left = new Set<string>();
        for await (const { digest } of house.plain.list()) left.add(digest);
        assert.deepEqual(left, new Set(stored));
        house.things.clear();
      }
      assert.ok(freed >= 60, `${freed} were freed`);
    } finally {
      await other.close();
      await house.close();
    }
  });

  it('frees encrypted content with its keys', async () => {
    const own = ownSettings();
    const blobKeys = join(root, 'keys.yaml');
    const key = Buffer.alloc(32, 7).toString('base64');
    writeFileSync(blobKeys, `active: first\nkeys:\n  first: ${key}\n`, { mode: 0o600 });
    const house = await openRetentionFixture({ open: () => open(own, blobKeys) });
    try {
      const kept = await house.put('kept');
      house.things.set('tm_kept', thing('tm_kept', kept.digest, 'file'));
      for (let number = 0; number < 5; number++) await house.put(`orphan ${number}`);
      house.time.now += 3 * day;
      assert.equal(blobsIn((await house.collect()).freed), 5);
      const names = await bucket.names(`${made}/`);
      const of = (folder: string) => names.filter((name) => name.startsWith(`${made}/${folder}/`)).length;
      assert.deepEqual([of('sealed'), of('blob-keys'), of('freeing'), of('sha256')], [1, 1, 0, 0]);
    } finally {
      await house.close();
    }
  });

  it('says which right it lacks, loses nothing by it, and is carried on when it has it', async () => {
    const own = ownSettings();
    const proxy = await openUnreliableProxy(own.endpoint ?? '');
    const house = await openRetentionFixture({ open: () => open({ ...own, endpoint: proxy.url }) });
    try {
      for (let number = 0; number < 4; number++) await house.put(`orphan ${number}`);
      house.time.now += 3 * day;
      proxy.refuse((method, path) =>
        method === 'DELETE' || /[?&]delete/.test(path) ? { status: 403, code: 'AccessDenied' } : undefined,
      );
      await assert.rejects(house.collect(), /does not let this server delete objects \(s3:DeleteObject\)/);
      proxy.refuse(() => undefined);
      assert.equal(blobsIn((await house.collect()).freed), 4);
    } finally {
      await house.close();
      await proxy.close();
    }
  });
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
