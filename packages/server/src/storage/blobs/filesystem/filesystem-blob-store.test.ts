import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { systemRandom } from '../../../kernel/random-source.ts';
import { blobStoreContract } from '../blob-store.contract.ts';
import { openFilesystemBlobStore } from './filesystem-blob-store.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-blobs-'));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

function freshDirectory(): string {
  made++;
  return join(root, `store-${made}`);
}

blobStoreContract('the filesystem', () =>
  openFilesystemBlobStore({ directory: freshDirectory(), random: systemRandom }),
);

describe('blobs in files', () => {
  it('are sharded, read-only and visible to their owner alone', async () => {
    const directory = freshDirectory();
    const store = await openFilesystemBlobStore({ directory, random: systemRandom });
    const { digest } = await store.put(bytes('private'));
    const hex = digest.slice('sha256:'.length);
    const path = join(directory, 'sha256', hex.slice(0, 2), hex.slice(2));
    assert.equal(statSync(path).mode & 0o777, 0o400);
    for (const folder of [dirname(path), join(directory, 'sha256'), join(directory, 'tmp'), directory]) {
      assert.equal(statSync(folder).mode & 0o777, 0o700);
    }
    assert.equal(statSync(await store.temporaryDirectory()).mode & 0o777, 0o700);
  });

  it('are rid of what a crash left half-written when the store is opened', async () => {
    const directory = freshDirectory();
    const crashed = await openFilesystemBlobStore({ directory, random: systemRandom });
    writeFileSync(join(await crashed.temporaryDirectory(), 'half'), 'half');
    writeFileSync(join(directory, 'tmp', 'upload'), 'half');
    const { digest } = await crashed.put(bytes('whole'));
    const store = await openFilesystemBlobStore({ directory, random: systemRandom });
    assert.deepEqual(readdirSync(join(directory, 'tmp')), []);
    assert.notEqual(await store.stat(digest), undefined);
  });

  it('count as stored anew when they are put again', async () => {
    const directory = freshDirectory();
    const store = await openFilesystemBlobStore({ directory, random: systemRandom });
    const { digest } = await store.put(bytes('old'));
    const path = await store.localFile(digest);
    utimesSync(path, 1000, 1000);
    await store.put(bytes('old'));
    assert.equal(await store.delete(digest, { storedBefore: Date.now() - 60_000 }), false);
    utimesSync(path, 1000, 1000);
    assert.equal(await store.delete(digest, { storedBefore: Date.now() - 60_000 }), true);
  });

  it('are refused when a disk has changed them', async () => {
    const store = await openFilesystemBlobStore({ directory: freshDirectory(), random: systemRandom });
    const { digest } = await store.put(bytes('as it was'));
    const path = await store.localFile(digest);
    chmodSync(path, 0o600);
    writeFileSync(path, 'as it is!');
    const got: Uint8Array[] = [];
    await assert.rejects(
      async () => {
        for await (const chunk of store.get(digest)) got.push(chunk);
      },
      { code: 'BLOB_DAMAGED' },
    );
    assert.deepEqual(got, []);
  });

  it('have no address of their own', async () => {
    const store = await openFilesystemBlobStore({ directory: freshDirectory(), random: systemRandom });
    const { digest } = await store.put(bytes('through the server'));
    assert.equal(await store.presignDownload(digest, { seconds: 60 }), undefined);
  });

  it('leave nothing half-written when the disk is full, and one clear error', () => {
    const directory = freshDirectory();
    const child = spawnSync(
      'bash',
      [
        '-c',
        'ulimit -f 64; exec "$0" "$1" "$2"',
        process.execPath,
        join(import.meta.dirname, 'disk-full.child.ts'),
        directory,
      ],
      { encoding: 'utf8' },
    );
    assert.equal(child.status, 0, child.stderr);
    assert.deepEqual(JSON.parse(child.stdout), {
      large: 'STORAGE_FULL',
      small: 'stored',
      temporary: [],
      blobs: 1,
    });
  });
});

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
