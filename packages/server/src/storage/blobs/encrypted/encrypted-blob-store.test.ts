import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../../kernel/clock.ts';
import { silentLogger } from '../../../kernel/logger.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { blobStoreContract } from '../blob-store.contract.ts';
import type { BlobStore, ByteRange } from '../blob-store.ts';
import { openBlobStore } from '../open-blob-store.ts';
import { s3TestSettings } from '../s3/s3-bucket.fixture.ts';
import { addBlobKey } from './new-blob-key.ts';
import { frameSize } from './sealed-frames.ts';

const deps = { clock: systemClock, random: systemRandom, logger: silentLogger };
const root = mkdtempSync(join(tmpdir(), 'esteira-encrypted-'));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

function fresh(name: string): string {
  made++;
  return join(root, `${name}-${made}`);
}

function freshKeys(): string {
  const path = fresh('keys');
  addBlobKey({ ...deps, path, id: 'first', standby: false });
  return path;
}

function open(directory: string, blobKeys?: string) {
  const keys = blobKeys === undefined ? {} : { blobKeys };
  return openBlobStore({ ...deps, directory, config: { s3Region: 'us-east-1', ...keys } });
}

blobStoreContract('encrypted files', async () => (await open(fresh('contract'), freshKeys())).blobs);

const settings = s3TestSettings();
if (settings !== undefined) {
  blobStoreContract('an encrypted bucket', async () => {
    const { blobs } = await openBlobStore({
      ...deps,
      directory: fresh('bucket'),
      config: {
        blobsUrl: `s3://${settings.bucket}/${settings.prefix}`,
        s3Endpoint: settings.endpoint,
        s3Region: settings.region,
        s3AccessKey: settings.credentials?.accessKeyId,
        s3SecretKey: settings.credentials?.secretAccessKey,
        blobKeys: freshKeys(),
      },
    });
    return blobs;
  });
}

describe('encrypted blobs', () => {
  it('come back whole and in any range, whatever the number of frames', async () => {
    const { blobs } = await open(fresh('store'), freshKeys());
    for (const size of [0, 1, frameSize - 1, frameSize, frameSize + 1, 2 * frameSize, 3 * frameSize + 17]) {
      const whole = systemRandomBytes(size);
      const { digest } = await blobs.put(bytes(whole));
      assert.deepEqual(await blobs.stat(digest), { digest, size });
      assert.ok((await read(blobs, digest)).equals(whole));
      const bound = fc.option(fc.nat({ max: size + 10 }), { nil: undefined });
      await fc.assert(
        fc.asyncProperty(bound, bound, async (start, end) => {
          const range = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
          const expected = whole.subarray(start ?? 0, end ?? size);
          assert.ok((await read(blobs, digest, range)).equals(expected));
        }),
        { numRuns: 10 },
      );
    }
  });

  it('are unreadable on the disk, and the same content never looks the same twice', async () => {
    const directory = fresh('store');
    const { blobs } = await open(directory, freshKeys());
    const content = Buffer.from('the secret of the house '.repeat(100));
    const { digest } = await blobs.put(bytes(content));
    const first = readFileSync(sealedPath(directory, digest));
    assert.equal(first.includes('secret'), false);
    await blobs.delete(digest);
    await blobs.put(bytes(content));
    assert.notDeepEqual(readFileSync(sealedPath(directory, digest)), first);
    assert.equal(await blobs.presignDownload(digest, { seconds: 60 }), undefined);
  });

  it('are refused when a byte was flipped, the end cut off, bytes added, or frames exchanged', async () => {
    const directory = fresh('store');
    const { blobs } = await open(directory, freshKeys());
    const content = systemRandomBytes(3 * frameSize + 1000);
    const { digest } = await blobs.put(bytes(content));
    const path = sealedPath(directory, digest);
    chmodSync(path, 0o600);
    const sealed = readFileSync(path);
    const header = 88;
    const frame = frameSize + 16;
    const damages: fc.Arbitrary<Buffer>[] = [
      fc
        .tuple(fc.nat({ max: sealed.length - 1 }), fc.integer({ min: 1, max: 255 }))
        .map(([at, change]) => flipped(sealed, at, change)),
      fc.nat({ max: sealed.length - 1 }).map((length) => sealed.subarray(0, length)),
      fc.nat({ max: 3 }).map((frames) => sealed.subarray(0, header + frames * frame)),
      fc.integer({ min: 1, max: frame + 5 }).map((more) => Buffer.concat([sealed, Buffer.alloc(more)])),
      fc
        .uniqueArray(fc.nat({ max: 2 }), { minLength: 2, maxLength: 2 })
        .map(([one = 0, other = 0]) =>
          exchanged(sealed, header + one * frame, header + other * frame, frame),
        ),
    ];
    await fc.assert(
      fc.asyncProperty(fc.oneof(...damages), async (damaged) => {
        writeFileSync(path, damaged);
        await assert.rejects(read(blobs, digest), (error: { code?: string }) =>
          ['BLOB_DAMAGED', 'BLOB_KEY_MISSING'].includes(error.code ?? ''),
        );
        await assert.rejects(blobs.localFile(digest));
      }),
      { numRuns: 60 },
    );
    writeFileSync(path, sealed);
    assert.ok((await read(blobs, digest)).equals(content));
  });

  it('never give out a damaged range', async () => {
    const directory = fresh('store');
    const { blobs } = await open(directory, freshKeys());
    const { digest } = await blobs.put(bytes(systemRandomBytes(2 * frameSize)));
    const path = sealedPath(directory, digest);
    chmodSync(path, 0o600);
    writeFileSync(path, flipped(readFileSync(path), 88 + frameSize + 16 + 5, 1));
    assert.equal((await read(blobs, digest, { end: 10 })).length, 10);
    await assert.rejects(read(blobs, digest, { start: frameSize + 500, end: frameSize + 501 }), {
      code: 'BLOB_DAMAGED',
    });
  });

  it('do not open under the digest of another, with its key or without', async () => {
    const directory = fresh('store');
    const { blobs } = await open(directory, freshKeys());
    const [one, other] = [await blobs.put(bytes('one blob')), await blobs.put(bytes('two blob'))];
    const place = sealedPath(directory, one.digest);
    chmodSync(place, 0o600);
    writeFileSync(place, readFileSync(sealedPath(directory, other.digest)));
    await assert.rejects(read(blobs, one.digest), { code: 'BLOB_KEY_MISSING' });
  });

  it('give a private local file, which goes with the process', async () => {
    const directory = fresh('store');
    const { blobs } = await open(directory, freshKeys());
    const { digest } = await blobs.put(bytes('for an engine'));
    const path = await blobs.localFile(digest);
    assert.equal(readFileSync(path, 'utf8'), 'for an engine');
    assert.equal(statSync(join(directory, 'cache')).mode & 0o777, 0o700);
    assert.equal(statSync(path).mode & 0o777, 0o400);
    await blobs.close();
    assert.equal(readdirSync(directory).includes('cache'), false);
  });

  it('that were stored before encryption was switched on stay readable, and can be encrypted later', async () => {
    const directory = fresh('store');
    const before = await open(directory);
    const { digest } = await before.blobs.put(bytes('from before'));
    await before.blobs.close();
    const { blobs, blobKeys } = await open(directory, freshKeys());
    const { digest: later } = await blobs.put(bytes('from after'));
    assert.equal((await read(blobs, digest)).toString(), 'from before');
    assert.equal(readFileSync(await blobs.localFile(digest), 'utf8'), 'from before');
    assert.deepEqual(await digestsOf(blobs), [digest, later].sort());
    assert.equal((await blobKeys?.status())?.plain, 1);
    const result = await rotate(blobKeys, true);
    assert.equal(result?.encrypted, 1);
    assert.equal((await blobKeys?.status())?.plain, 0);
    assert.equal((await read(blobs, digest)).toString(), 'from before');
    assert.deepEqual(await digestsOf(blobs), [digest, later].sort());
  });

  it('are not taken for missing by a server without the keys', async () => {
    const directory = fresh('store');
    const { blobs } = await open(directory, freshKeys());
    await blobs.put(bytes('sealed'));
    await blobs.close();
    await assert.rejects(open(directory), { code: 'BAD_CONFIG', message: /blobKeys.*encrypted/ });
  });

  it('are freed with their keys', async () => {
    const directory = fresh('store');
    const { blobs, blobKeys } = await open(directory, freshKeys());
    const { digest } = await blobs.put(bytes('to be freed'));
    utimesSync(sealedPath(directory, digest), 1000, 1000);
    assert.equal(await blobs.delete(digest, { storedBefore: Date.now() - 60_000 }), true);
    assert.deepEqual((await blobKeys?.status())?.keys, [{ id: 'first', blobs: 0, available: true }]);
  });
});

describe('the keys of blobs', () => {
  it('rotate without touching content, and go on where they were cut short', async () => {
    const directory = fresh('store');
    const path = freshKeys();
    const { blobs, blobKeys } = await open(directory, path);
    const stored = [];
    for (let index = 0; index < 40; index++) stored.push((await blobs.put(bytes(`blob ${index}`))).digest);
    const sealed = stored.map((digest) => readFileSync(sealedPath(directory, digest)));
    addBlobKey({ ...deps, path, id: 'second', standby: false });
    const stop = new AbortController();
    await assert.rejects(
      blobKeys?.rotate({
        encryptPlain: false,
        signal: stop.signal,
        progress: (done) => {
          if (done === 10) stop.abort(new Error('stopped'));
        },
      }) ?? Promise.resolve(),
      /stopped/,
    );
    const half = await blobKeys?.status();
    assert.ok((half?.keys.find(({ id }) => id === 'first')?.blobs ?? 0) > 0);
    for (const [index, digest] of stored.entries()) {
      assert.equal((await read(blobs, digest)).toString(), `blob ${index}`);
    }
    const rest = await rotate(blobKeys, false);
    assert.ok(rest !== undefined && rest.rewrapped > 0 && rest.rewrapped <= 30);
    assert.deepEqual(await blobKeys?.status(), {
      active: 'second',
      keys: [
        { id: 'second', blobs: 40, available: true },
        { id: 'first', blobs: 0, available: true },
      ],
      plain: 0,
    });
    const keyFile = readFileSync(path, 'utf8');
    writeFileSync(path, keyFile.replace(/ *first:.*\n/, ''));
    const { blobs: later } = await open(fresh('other'), path);
    await later.close();
    const reopened = await open(directory, path);
    for (const [index, digest] of stored.entries()) {
      assert.equal((await read(reopened.blobs, digest)).toString(), `blob ${index}`);
      assert.deepEqual(readFileSync(sealedPath(directory, digest)), sealed[index]);
    }
  });

  it('that are missing are named, nothing is lost, and nothing is believed to be stored again', async () => {
    const directory = fresh('store');
    const { blobs } = await open(directory, freshKeys());
    const { digest } = await blobs.put(bytes('under the first key'));
    await blobs.close();
    const other = fresh('keys');
    addBlobKey({ ...deps, path: other, id: 'another', standby: false });
    const { blobs: without, blobKeys } = await open(directory, other);
    const missing = { code: 'BLOB_KEY_MISSING', message: new RegExp(digest) };
    await assert.rejects(read(without, digest), missing);
    await assert.rejects(without.put(bytes('under the first key')), missing);
    assert.deepEqual((await rotate(blobKeys, false))?.left, { first: 1 });
    assert.deepEqual((await blobKeys?.status())?.keys, [
      { id: 'another', blobs: 0, available: true },
      { id: 'first', blobs: 1, available: false },
    ]);
  });

  it('are found by a running server when the file gains one', async () => {
    const directory = fresh('store');
    const path = freshKeys();
    const running = await open(directory, path);
    const elsewhere = fresh('elsewhere');
    writeFileSync(elsewhere, readFileSync(path), { mode: 0o600 });
    addBlobKey({ ...deps, path: elsewhere, id: 'second', standby: false });
    // Another replica that was given the new key first.
    const { digest } = await storeAs(directory, elsewhere, 'from the other replica');
    await assert.rejects(read(running.blobs, digest), { code: 'BLOB_KEY_MISSING' });
    writeFileSync(path, readFileSync(elsewhere));
    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    assert.equal((await read(running.blobs, digest)).toString(), 'from the other replica');
  });

  it('lie in a file that only its owner may open, and every other file is refused', async () => {
    const directory = fresh('store');
    const path = freshKeys();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const good = readFileSync(path, 'utf8');
    chmodSync(path, 0o640);
    await assert.rejects(open(directory, path), { code: 'BAD_CONFIG', message: /chmod 600/ });
    chmodSync(path, 0o600);
    for (const text of [
      '',
      'active: first',
      good.replace('active: first', 'active: second'),
      good.slice(0, -5),
      '{',
    ]) {
      writeFileSync(path, text);
      await assert.rejects(open(directory, path), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'BAD_CONFIG');
        assert.match(error.message, /blobKeys/);
        const secret = /first: (\S{20})/.exec(good)?.[1] ?? 'none';
        return !error.message.includes(secret);
      });
    }
    await assert.rejects(open(directory, join(root, 'nowhere')), { code: 'BAD_CONFIG', message: /blobKeys/ });
  });

  it('get ids by the day, and a standby key does not become the active one', () => {
    const path = fresh('keys');
    const clock = { now: () => Date.parse('2026-11-21T10:00:00Z') };
    const add = (standby: boolean) => addBlobKey({ path, standby, clock, random: systemRandom });
    assert.deepEqual(add(true), { id: 'k-2026-11-21', active: 'k-2026-11-21' });
    assert.deepEqual(add(true), { id: 'k-2026-11-21-2', active: 'k-2026-11-21' });
    assert.deepEqual(add(false), { id: 'k-2026-11-21-3', active: 'k-2026-11-21-3' });
    assert.throws(() => addBlobKey({ ...deps, path, id: 'k-2026-11-21', standby: true }), {
      code: 'BAD_CONFIG',
    });
  });
});

async function storeAs(directory: string, keys: string, text: string) {
  const other = fresh('replica');
  const { blobs } = await open(other, keys);
  const blob = await blobs.put(bytes(text));
  await blobs.close();
  cpSync(join(other, 'sealed'), join(directory, 'sealed'), { recursive: true });
  cpSync(join(other, 'blob-keys'), join(directory, 'blob-keys'), { recursive: true });
  return blob;
}

function rotate(blobKeys: Awaited<ReturnType<typeof open>>['blobKeys'], encryptPlain: boolean) {
  return blobKeys?.rotate({ encryptPlain, signal: new AbortController().signal, progress: () => {} });
}

function sealedPath(directory: string, digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(directory, 'sealed', hex.slice(0, 2), hex.slice(2));
}

function flipped(bytes: Buffer, at: number, change: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ change;
  return copy;
}

function exchanged(bytes: Buffer, one: number, other: number, length: number): Buffer {
  const copy = Buffer.from(bytes);
  bytes.copy(copy, one, other, other + length);
  bytes.copy(copy, other, one, one + length);
  return copy;
}

function systemRandomBytes(count: number): Buffer {
  return Buffer.from(systemRandom.bytes(count));
}

async function* bytes(content: string | Buffer): AsyncIterable<Uint8Array> {
  yield Buffer.from(content);
}

async function read(store: BlobStore, digest: string, range?: ByteRange): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.get(digest, range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function digestsOf(store: BlobStore): Promise<string[]> {
  const digests: string[] = [];
  for await (const { digest } of store.list()) digests.push(digest);
  return digests.sort();
}
