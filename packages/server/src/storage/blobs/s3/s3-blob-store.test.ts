import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { systemClock } from '../../../kernel/clock.ts';
import { silentLogger } from '../../../kernel/logger.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { blobStoreContract } from '../blob-store.contract.ts';
import type { BlobStore } from '../blob-store.ts';
import type { ListedObject, ObjectStorage } from '../object-storage.ts';
import { openBlobStore } from '../open-blob-store.ts';
import { s3TestSettings } from './s3-bucket.fixture.ts';
import { createS3Client } from './s3-client.ts';
import { openS3ObjectStorage } from './s3-object-storage.ts';
import type { S3Settings } from './s3-settings.ts';
import { openUnreliableProxy } from './unreliable-proxy.fixture.ts';

const deps = { clock: systemClock, random: systemRandom, logger: silentLogger };
const root = mkdtempSync(join(tmpdir(), 'esteira-s3-'));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

function freshDirectory(): string {
  made++;
  return join(root, `local-${made}`);
}

const settings = s3TestSettings();
if (settings !== undefined) {
  after(() => empty(settings));
  blobStoreContract('an S3 bucket', () => open(settings));
  describe('blobs in a bucket', () => blobsInBucket(settings));
}

describe('the settings of a bucket', () => {
  it('name the key that is wrong when nobody answers', async () => {
    await assert.rejects(open({ ...dead, endpoint: 'http://127.0.0.1:9' }), {
      code: 'BLOBS_UNAVAILABLE',
      message: /s3Endpoint/,
    });
  });

  it('take both halves of the credentials or none', async () => {
    await assert.rejects(
      openBlobStore({
        ...deps,
        directory: freshDirectory(),
        config: { blobsUrl: 's3://bucket', s3Region: 'us-east-1', s3AccessKey: 'half' },
      }),
      { code: 'BAD_CONFIG', message: /s3SecretKey/ },
    );
  });
});

function blobsInBucket(settings: S3Settings): void {
  it('lie below the prefix, sharded, and nothing is left of an upload that broke', async () => {
    const store = await open(settings);
    const { digest } = await store.put(bytes('sharded'));
    const keys = await keysOf(settings);
    const hex = digest.slice('sha256:'.length);
    assert.ok(keys.includes(`${settings.prefix}sha256/${hex.slice(0, 2)}/${hex.slice(2)}`));
    await store.close();
  });

  it('name the key that is wrong: the bucket, the credentials', async () => {
    await assert.rejects(open({ ...settings, bucket: 'no-such-bucket' }), {
      code: 'BAD_CONFIG',
      message: /blobsUrl.*no-such-bucket/,
    });
    const accessKeyId = settings.credentials?.accessKeyId ?? '';
    for (const credentials of [
      { accessKeyId, secretAccessKey: 'wrong' },
      { accessKeyId: 'nobody', secretAccessKey: 'wrong' },
    ]) {
      await assert.rejects(open({ ...settings, credentials }), {
        code: 'BAD_CONFIG',
        message: /s3AccessKey and s3SecretKey/,
      });
    }
  });

  it('are uploaded in parts when they are large, in bounded memory, and read back whole', async () => {
    const size = 150 * 2 ** 20;
    const { code, stdout, stderr } = await child('large-blob.child.ts', settings, [String(size)]);
    assert.equal(code, 0, stderr);
    const { digest, stored, grown, read } = JSON.parse(stdout);
    assert.equal(stored, size);
    assert.equal(read, digest);
    // Four parts of 8 MiB on their way and their copies; the content would be 150 MiB.
    assert.ok(grown < 128 * 2 ** 20, `the process grew by ${Math.round(grown / 2 ** 20)} MiB`);
  });

  it('are there whole or not at all when the process is killed in the middle', async () => {
    const own = { ...settings, prefix: `${settings.prefix}killed/` };
    const { code } = await child('killed-upload.child.ts', own, []);
    assert.notEqual(code, 0);
    assert.deepEqual(
      (await keysOf(own)).filter((key) => key.includes('/sha256/')),
      [],
    );
  });

  it('leave no parts behind once the upload is older than a day', async () => {
    const own = { ...settings, prefix: `${settings.prefix}abandoned/` };
    await child('killed-upload.child.ts', own, []);
    const tomorrow = { now: () => Date.now() + 25 * 3_600_000 };
    const objects = await openS3ObjectStorage({ ...deps, settings: own, clock: tomorrow });
    try {
      for (let round = 0; round < 100 && (await uploadsOf(own)) > 0; round++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal(await uploadsOf(own), 0);
    } finally {
      await objects.close();
    }
  });

  it('count as stored anew when they are put again, and a sweep leaves them alone', async () => {
    const own = { ...settings, prefix: `${settings.prefix}renewed/` };
    const objects = await openS3ObjectStorage({ ...deps, settings: own, renewAfterMs: 0 });
    const first = await place(objects, 'renewed');
    assert.equal(first, 'placed');
    const stored = (await list(objects))[0]?.storedAt ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.equal(await place(objects, 'renewed'), 'kept');
    const renewed = (await list(objects))[0]?.storedAt ?? 0;
    assert.ok(renewed > stored);
    const names = ['sha256/ab/cd'];
    assert.deepEqual(await objects.remove(names, { storedBefore: renewed }), new Set());
    assert.deepEqual(await objects.remove(names, { storedBefore: renewed + 1000 }), new Set(names));
    assert.deepEqual(await keysOf(own), [`${own.prefix}opened`]);
    await objects.close();
  });

  it('survive callers and sweeps that pass each other, however they are timed', async () => {
    const own = { ...settings, prefix: `${settings.prefix}race/` };
    const [one, other] = await Promise.all(
      [1, 2].map(() => openS3ObjectStorage({ ...deps, settings: own, renewAfterMs: 0 })),
    );
    assert.ok(one && other);
    for (let round = 0; round < 15; round++) {
      await place(one, 'contested');
      // Everything that is there is old enough to go, unless it is renewed.
      const storedBefore = Date.now() + (round % 3 === 0 ? 2000 : 0);
      await Promise.all([
        place(one, 'contested'),
        other.remove(['sha256/ab/cd'], { storedBefore }),
        place(other, 'contested'),
      ]);
      if (round % 3 === 0) continue;
      assert.notEqual(await one.sizeOf('sha256/ab/cd'), undefined);
    }
    await one.close();
    await other.close();
  });

  it('are read on where a connection broke, and answer that the store is away when it stays so', async () => {
    const proxy = await openUnreliableProxy(settings.endpoint ?? '');
    const store = await open({ ...settings, endpoint: proxy.url });
    const content = Buffer.alloc(3_000_000, 'resumed over and over ');
    const { digest } = await store.put(bytes(content));
    proxy.cutAfter(700_000);
    assert.deepEqual(await read(store, digest), content);
    assert.ok(proxy.cuts() >= 4);
    proxy.cutAfter(undefined);
    proxy.failNext(3);
    assert.deepEqual(await read(store, digest), content);
    proxy.failNext(3);
    const again = Buffer.alloc(100_000, 'uploaded through failures');
    const stored = await store.put(bytes(again));
    assert.deepEqual(await read(store, stored.digest), again);
    await proxy.close();
    await assert.rejects(read(store, digest), { code: 'BLOBS_UNAVAILABLE' });
    await assert.rejects(store.put(bytes('to nobody')), { code: 'BLOBS_UNAVAILABLE' });
    await assert.rejects(store.check(), { code: 'BLOBS_UNAVAILABLE' });
    await store.close();
  });

  const denied = { status: 403, code: 'AccessDenied' };

  it('are not begun with where a right is missing, which is named', async () => {
    const proxy = await openUnreliableProxy(settings.endpoint ?? '');
    const own = { ...settings, endpoint: proxy.url };
    const rights: readonly (readonly [string, RegExp])[] = [
      ['list objects (s3:ListBucket)', /^GET .*list-type=2/],
      ['write objects (s3:PutObject)', /^PUT /],
      ['read objects (s3:GetObject)', /^HEAD /],
      ['delete objects (s3:DeleteObject)', /^DELETE /],
    ];
    for (const [right, refused] of rights) {
      proxy.refuse((method, path) => (refused.test(`${method} ${path}`) ? denied : undefined));
      await assert.rejects(open(own), (error: Error & { code: string }) => {
        assert.equal(error.code, 'BAD_CONFIG', error.message);
        assert.ok(error.message.includes(`does not let them ${right}`), error.message);
        return true;
      });
    }
    await proxy.close();
  });

  it('name the right that was taken away meanwhile, and keep nothing of what it kept from being stored', async () => {
    const proxy = await openUnreliableProxy(settings.endpoint ?? '');
    const prefix = `${settings.prefix}rights/`;
    const directory = freshDirectory();
    const store = await open({ ...settings, prefix, endpoint: proxy.url }, directory);
    const { digest } = await store.put(bytes('stored before'));
    const refuse = (pattern: RegExp) =>
      proxy.refuse((method, path) => (pattern.test(`${method} ${path}`) ? denied : undefined));
    const unavailable = (message: RegExp) => ({ code: 'BLOBS_UNAVAILABLE', message });
    refuse(/^PUT /);
    await assert.rejects(store.put(bytes('refused')), unavailable(/write objects \(s3:PutObject\)/));
    refuse(/^(PUT|POST) .*(uploads|partNumber)/);
    await assert.rejects(store.put(megabytes(65)), unavailable(/write objects \(s3:PutObject\)/));
    refuse(/^GET .*sha256/);
    await assert.rejects(read(store, digest), unavailable(/read objects \(s3:GetObject\)/));
    await assert.rejects(store.check(), unavailable(/list objects \(s3:ListBucket\)/));
    refuse(/^(DELETE |POST .*[?&]delete)/);
    await assert.rejects(store.delete(digest), unavailable(/delete objects \(s3:DeleteObject\)/));
    proxy.refuse(() => undefined);
    assert.equal((await read(store, digest)).toString(), 'stored before');
    assert.deepEqual(
      (await keysOf({ ...settings, prefix })).filter((key) => key.includes('/sha256/')).length,
      1,
    );
    assert.deepEqual(readdirSync(join(directory, 'tmp')), []);
    await store.close();
    await proxy.close();
  });

  it('are refused whole by a bucket that is full or beyond its quota', async () => {
    const proxy = await openUnreliableProxy(settings.endpoint ?? '');
    const own = { ...settings, prefix: `${settings.prefix}full/` };
    const directory = freshDirectory();
    const store = await open({ ...own, endpoint: proxy.url }, directory);
    for (const answer of [
      { status: 507, code: 'InsufficientStorage' },
      { status: 403, code: 'QuotaExceeded' },
      { status: 400, code: 'XMinioAdminBucketQuotaExceeded' },
    ]) {
      proxy.refuse((method, path) =>
        method === 'PUT' && !path.includes('partNumber=1&') ? answer : undefined,
      );
      await assert.rejects(store.put(bytes('one too many')), { code: 'STORAGE_FULL' });
      await assert.rejects(store.put(megabytes(65)), { code: 'STORAGE_FULL' });
    }
    assert.deepEqual(
      (await keysOf(own)).filter((key) => key.includes('/sha256/')),
      [],
    );
    assert.equal(await uploadsOf(own), 0);
    assert.deepEqual(readdirSync(join(directory, 'tmp')), []);
    await store.close();
    await proxy.close();
  });

  it('are refused when somebody changed them in the bucket', async () => {
    const directory = freshDirectory();
    const store = await open(settings, directory);
    const { digest } = await store.put(bytes('as it was'));
    const hex = digest.slice('sha256:'.length);
    const request = {
      Bucket: settings.bucket,
      Key: `${settings.prefix}sha256/${hex.slice(0, 2)}/${hex.slice(2)}`,
      Body: 'as it is!',
    };
    await withClient(settings, (client) => client.send(new PutObjectCommand(request)));
    await assert.rejects(read(store, digest), { code: 'BLOB_DAMAGED' });
    await assert.rejects(store.localFile(digest), { code: 'BLOB_DAMAGED' });
    assert.deepEqual(readdirSync(join(directory, 'cache')), []);
    await store.delete(digest);
    await store.close();
  });

  it('have an address for a while, under which they are a download with a name', async () => {
    const store = await open(settings);
    const { digest } = await store.put(bytes('from the bucket'));
    const url = await store.presignDownload(digest, { seconds: 60, fileName: 'vôos.parquet' });
    const answer = await fetch(url ?? '');
    assert.equal(await answer.text(), 'from the bucket');
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename\*=UTF-8''v%C3%B4os/);
    assert.equal(
      (await fetch((url ?? '').replace(/X-Amz-Signature=[0-9a-f]{4}/, 'X-Amz-Signature=0000'))).ok,
      false,
    );
    await store.close();
  });

  it('are downloaded once for all who want a local file', async () => {
    const directory = freshDirectory();
    const store = await open(settings, directory);
    const { digest } = await store.put(bytes('wanted by many'));
    const paths = await Promise.all(Array.from({ length: 10 }, () => store.localFile(digest)));
    assert.equal(new Set(paths).size, 1);
    assert.deepEqual(readdirSync(join(directory, 'cache')), [digest.slice('sha256:'.length)]);
    await store.close();
  });
}

const dead: S3Settings = {
  bucket: 'bucket',
  prefix: '',
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
};

async function open(own: S3Settings, directory = freshDirectory()): Promise<BlobStore> {
  const { blobs } = await openBlobStore({ ...deps, directory, config: configOf(own) });
  return blobs;
}

function configOf(own: S3Settings) {
  return {
    blobsUrl: `s3://${own.bucket}/${own.prefix}`,
    s3Region: own.region,
    s3Endpoint: own.endpoint,
    s3AccessKey: own.credentials?.accessKeyId,
    s3SecretKey: own.credentials?.secretAccessKey,
  };
}

async function child(name: string, own: S3Settings, more: readonly string[]) {
  const script = join(import.meta.dirname, name);
  const started = spawn(process.execPath, [script, JSON.stringify(configOf(own)), freshDirectory(), ...more]);
  let stdout = '';
  let stderr = '';
  started.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  started.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => started.once('close', resolve));
  return { code, stdout, stderr };
}

async function place(objects: ObjectStorage, text: string): Promise<'placed' | 'kept'> {
  made++;
  const path = join(root, `file-${made}`);
  writeFileSync(path, text);
  const sha256 = createHash('sha256').update(text).digest();
  return await objects.place('sha256/ab/cd', { path, size: Buffer.byteLength(text), sha256 });
}

async function list(objects: ObjectStorage): Promise<ListedObject[]> {
  const all: ListedObject[] = [];
  for await (const object of objects.list('sha256')) all.push(object);
  return all;
}

async function withClient<R>(own: S3Settings, work: (client: S3Client) => Promise<R>): Promise<R> {
  const client = createS3Client(own, silentLogger);
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

function keysOf(own: S3Settings): Promise<string[]> {
  return withClient(own, async (client) => {
    const { Contents } = await client.send(
      new ListObjectsV2Command({ Bucket: own.bucket, Prefix: own.prefix }),
    );
    return (Contents ?? []).map(({ Key }) => Key ?? '');
  });
}

function uploadsOf(own: S3Settings): Promise<number> {
  return withClient(own, async (client) => {
    const { Uploads } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: own.bucket, Prefix: own.prefix }),
    );
    return (Uploads ?? []).length;
  });
}

async function empty(own: S3Settings): Promise<void> {
  const keys = await keysOf(own);
  if (keys.length === 0) return;
  await withClient(own, async (client) => {
    for (const Key of keys) await client.send(new DeleteObjectCommand({ Bucket: own.bucket, Key }));
    const { Uploads } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: own.bucket, Prefix: own.prefix }),
    );
    for (const { Key, UploadId } of Uploads ?? []) {
      await client.send(new AbortMultipartUploadCommand({ Bucket: own.bucket, Key, UploadId }));
    }
  });
}

async function* megabytes(count: number): AsyncIterable<Uint8Array> {
  const chunk = Buffer.alloc(2 ** 20, 'many');
  for (let made = 0; made < count; made++) yield chunk;
}

async function* bytes(content: string | Buffer): AsyncIterable<Uint8Array> {
  yield Buffer.from(content);
}

async function read(store: BlobStore, digest: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.get(digest)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
