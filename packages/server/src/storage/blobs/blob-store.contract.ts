import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { BlobStore, ByteRange, DirectoryEntry, ListedBlob } from './blob-store.ts';

/** What every blob engine must keep. */
export function blobStoreContract(engine: string, open: () => Promise<BlobStore>): void {
  describe(`the blob port on ${engine}`, () => {
    let store: BlobStore;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    it('returns any bytes under their SHA-256, however they were cut into chunks', async () => {
      const chunks = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(chunks, async (parts) => {
          const whole = Buffer.concat(parts);
          const stored = await store.put(inChunks(parts));
          assert.deepEqual(stored, { digest: digestOf(whole), size: whole.length });
          assert.deepEqual(await read(store, stored.digest), whole);
          assert.deepEqual(await store.stat(stored.digest), stored);
        }),
        { numRuns: 25 },
      );
    });

    it('stores the same content once', async () => {
      const [first, second] = await Promise.all([putText(store, 'twice'), putText(store, 'twice')]);
      assert.deepEqual(first, second);
      assert.equal((await read(store, first.digest)).toString(), 'twice');
    });

    it('keeps nothing of content that has not the digest it should have', async () => {
      const expected = digestOf(Buffer.from('what was meant'));
      await assert.rejects(store.put(inChunks([Buffer.from('what came')]), { expected }), {
        code: 'BLOB_DIGEST_MISMATCH',
      });
      assert.equal(await store.stat(digestOf(Buffer.from('what came'))), undefined);
      const kept = await store.put(inChunks([Buffer.from('what was meant')]), { expected });
      assert.equal(kept.digest, expected);
    });

    it('keeps nothing of a stream that breaks', async () => {
      async function* breaking() {
        yield Buffer.from('half');
        throw new Error('connection lost');
      }
      await assert.rejects(store.put(breaking()), /connection lost/);
      assert.equal(await store.stat(digestOf(Buffer.from('half'))), undefined);
    });

    it('knows no content under a digest that was never stored or is no digest', async () => {
      const never = digestOf(Buffer.from('never stored'));
      for (const digest of [never, 'sha256:../../etc/passwd', 'md5:00', '']) {
        await assert.rejects(read(store, digest), { code: 'BLOB_NOT_FOUND' });
        await assert.rejects(store.localFile(digest), { code: 'BLOB_NOT_FOUND' });
        await assert.rejects(store.getDirectory(digest), { code: 'BLOB_NOT_FOUND' });
      }
      assert.equal(await store.stat(never), undefined);
      assert.equal(await store.stat('sha256:short'), undefined);
    });

    it('gives a local file with the content', async () => {
      const { digest } = await putText(store, 'for an engine that reads files');
      assert.equal(await readFile(await store.localFile(digest), 'utf8'), 'for an engine that reads files');
    });

    it('adopts a file written below a temporary directory', async () => {
      const path = join(await store.temporaryDirectory(), 'table.parquet');
      await writeFile(path, 'adopted');
      const blob = await store.adopt(path);
      assert.deepEqual(blob, { digest: digestOf(Buffer.from('adopted')), size: 7 });
      assert.equal((await read(store, blob.digest)).toString(), 'adopted');
      await assert.rejects(readFile(path), { code: 'ENOENT' });
    });

    it('refuses to adopt a file from elsewhere', async () => {
      await assert.rejects(store.adopt(import.meta.filename), /temporary directory/);
    });

    it('gives a directory one digest whatever the order of its entries', async () => {
      const { digest, size } = await putText(store, 'leaf');
      const name = fc.string({
        minLength: 1,
        maxLength: 12,
        unit: fc.constantFrom('a', 'é', 'Z', '0', '日', '-', ' '),
      });
      const names = fc.uniqueArray(name, { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(names, async (chosen) => {
          const entries = chosen.map(
            (entry): DirectoryEntry => ({ name: entry, kind: 'file', digest, size }),
          );
          const forward = await store.putDirectory(entries);
          const backward = await store.putDirectory(entries.toReversed());
          assert.equal(forward.digest, backward.digest);
          const listed = await store.getDirectory(forward.digest);
          assert.deepEqual(new Set(listed.map((entry) => entry.name)), new Set(chosen));
        }),
        { numRuns: 15 },
      );
    });

    it('gives directories that differ in a leaf below them different digests', async () => {
      const digests = new Set<string>();
      for (const text of ['one', 'two']) {
        const leaf = await putText(store, text);
        const inner = await store.putDirectory([{ name: 'leaf', kind: 'file', ...leaf }]);
        const outer = await store.putDirectory([{ name: 'inner', kind: 'directory', ...inner }]);
        digests.add(outer.digest);
      }
      assert.equal(digests.size, 2);
    });

    it('refuses entry names that could leave the directory, and names that occur twice', async () => {
      const leaf = await putText(store, 'leaf');
      for (const name of ['', '.', '..', 'a/b', 'a\\b', 'a\0b']) {
        await assert.rejects(store.putDirectory([{ name, kind: 'file', ...leaf }]), {
          code: 'INVALID_REQUEST',
        });
      }
      const twice: DirectoryEntry = { name: 'same', kind: 'file', ...leaf };
      await assert.rejects(store.putDirectory([twice, twice]), { code: 'INVALID_REQUEST' });
    });

    it('does not take other content for a directory', async () => {
      const { digest } = await putText(store, '[{"name":"../up","kind":"file","digest":"x","size":1}]');
      await assert.rejects(store.getDirectory(digest), { code: 'BLOB_NOT_FOUND' });
    });

    it('reads any range, cut off where the content ends', async () => {
      const whole = Buffer.from(Array.from({ length: 3000 }, (_, index) => index % 251));
      const { digest } = await store.put(inChunks([whole]));
      const bound = fc.option(fc.nat({ max: 3200 }), { nil: undefined });
      await fc.assert(
        fc.asyncProperty(bound, bound, async (start, end) => {
          const range = {
            ...(start === undefined ? {} : { start }),
            ...(end === undefined ? {} : { end }),
          };
          assert.deepEqual(await read(store, digest, range), whole.subarray(start ?? 0, end ?? 3000));
        }),
        { numRuns: 25 },
      );
    });

    it('stores content once that twenty callers put at the same time', async () => {
      const bytes = Buffer.alloc(300_000, 'race');
      const stored = await Promise.all(
        Array.from({ length: 20 }, () => store.put(inChunks([bytes.subarray(0, 7), bytes.subarray(7)]))),
      );
      for (const blob of stored) assert.deepEqual(blob, { digest: digestOf(bytes), size: bytes.length });
      assert.equal((await listed(store)).filter(({ digest }) => digest === digestOf(bytes)).length, 1);
      assert.deepEqual(await read(store, digestOf(bytes)), bytes);
    });

    it('lists everything with its size and when it was stored', async () => {
      const before = Date.now();
      const first = await putText(store, 'one of the list');
      const second = await putText(store, 'another of the list');
      const all = await listed(store);
      for (const blob of [first, second]) {
        const found = all.find(({ digest }) => digest === blob.digest);
        assert.equal(found?.size, blob.size);
        // Engines may tell whole seconds, by a clock of their own.
        assert.ok(Math.abs((found?.storedAt ?? 0) - before) < 60_000);
      }
      assert.equal(new Set(all.map(({ digest }) => digest)).size, all.length);
    });

    it('leaves content alone that was put since the time a sweep looks back to', async () => {
      const { digest } = await putText(store, 'put again in time');
      assert.equal(await store.delete(digest, { storedBefore: Date.now() - 3_600_000 }), false);
      assert.notEqual(await store.stat(digest), undefined);
      assert.equal(await store.delete(digest, { storedBefore: Date.now() + 3_600_000 }), true);
      assert.equal(await store.stat(digest), undefined);
    });

    it('keeps what is put while it is freed, whoever comes first', async () => {
      const text = 'freed and put at once';
      for (let round = 0; round < 10; round++) {
        await putText(store, text);
        const [blob] = await Promise.all([
          putText(store, text),
          store.delete(digestOf(Buffer.from(text)), { storedBefore: Date.now() - 60_000 }),
        ]);
        assert.equal((await read(store, blob.digest)).toString(), text);
      }
    });

    it('can be reached', async () => {
      await store.check();
    });

    it('forgets deleted content, and does not mind deleting it again', async () => {
      const { digest } = await putText(store, 'to be freed');
      await store.delete(digest);
      await store.delete(digest);
      assert.equal(await store.stat(digest), undefined);
    });
  });
}

async function* inChunks(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts;
}

function putText(store: BlobStore, text: string) {
  return store.put(inChunks([Buffer.from(text)]));
}

async function read(store: BlobStore, digest: string, range?: ByteRange): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.get(digest, range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function listed(store: BlobStore): Promise<ListedBlob[]> {
  const all: ListedBlob[] = [];
  for await (const blob of store.list()) all.push(blob);
  return all;
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
