import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { silentLogger } from './kernel/logger.ts';
import { startQuietServer } from './quiet-server.fixture.ts';
import { openTestBucket, s3TestSettings } from './storage/blobs/s3/s3-bucket.fixture.ts';
import { createS3Client } from './storage/blobs/s3/s3-client.ts';
import type { S3Settings } from './storage/blobs/s3/s3-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-bucket-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const token = 'an-owner-token-for-tests-0123456789abcdef';

const settings = s3TestSettings();
if (settings !== undefined) {
  describe('an installation with its content in a bucket', () => inBucket(settings));
}

function inBucket(settings: S3Settings): void {
  it('ingests, profiles and shows data, and sends those who ask for it to the bucket', async () => {
    const server = await startQuietServer({
      dataDir: join(folder, 'data'),
      bootstrapToken: token,
      blobsUrl: `s3://${settings.bucket}/${settings.prefix}`,
      s3Endpoint: settings.endpoint,
      s3AccessKey: settings.credentials?.accessKeyId,
      s3SecretKey: settings.credentials?.secretAccessKey,
    });
    after(() => server.close());
    const call = async (path: string, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${token}`, ...init.headers };
      return await fetch(`${server.url}${path}`, { ...init, headers });
    };
    const json = { 'content-type': 'application/json' };
    const post = (path: string, body: object) =>
      call(path, { method: 'POST', headers: json, body: JSON.stringify(body) });

    assert.equal((await call('/ready')).status, 200);
    await post('/api/v1/datasets', { name: 'rows' });
    const landed = await call('/api/v1/datasets/rows/files?format=csv&fileName=rows.csv', {
      method: 'POST',
      body: 'a,b\n1,x\n2,y\n',
    });
    assert.equal(landed.ok, true, await landed.clone().text());
    const { jobId } = await (await post('/api/v1/datasets/rows/versions', { contract: 'none' })).json();
    const job = await (await call(`/api/v1/jobs/${jobId}?waitSeconds=30`)).json();
    assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
    const version = job.result.versionId;
    const preview = await (await call(`/api/v1/dataset-versions/${version}/preview`)).json();
    assert.deepEqual(preview.rows, [
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ]);
    assert.ok(readdirSync(join(folder, 'data', 'blobs', 'cache')).length > 0);

    const path = `/api/v1/dataset-versions/${version}/download`;
    const through = await call(path, { redirect: 'manual' });
    assert.equal(through.status, 200);
    const sent = await call(`${path}?redirect=true`, { redirect: 'manual' });
    assert.equal(sent.status, 307);
    assert.equal(sent.headers.get('cache-control'), 'no-store');
    const direct = await fetch(sent.headers.get('location') ?? '');
    assert.deepEqual(await direct.bytes(), await through.bytes());
    const stranger = await fetch(`${server.url}${path}?redirect=true`, { redirect: 'manual' });
    assert.equal(stranger.status, 401);
    const odd = await call(`${path}?redirect=perhaps`, { redirect: 'manual' });
    assert.equal(odd.status, 400);
  });

  it('goes on with new keys when the files that hold them are replaced', async () => {
    const { accessKeyId = '', secretAccessKey = '' } = settings.credentials ?? {};
    const secretFile = join(folder, 'secret-key');
    writeFileSync(secretFile, secretAccessKey);
    const server = await startQuietServer(
      {
        dataDir: join(folder, 'rotated'),
        bootstrapToken: token,
        blobsUrl: `s3://${settings.bucket}/${settings.prefix}rotated/`,
        s3Endpoint: settings.endpoint,
        s3AccessKey: accessKeyId,
      },
      { ESTEIRA_S3_SECRET_KEY_FILE: secretFile },
    );
    after(() => server.close());
    const headers = { authorization: `Bearer ${token}` };
    const datasets = `${server.url}/api/v1/datasets`;
    const made = await fetch(datasets, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'rows' }),
    });
    assert.equal(made.status, 201);
    const land = async (body: string) => {
      const reply = await fetch(`${datasets}/rows/files?format=csv&fileName=rows.csv`, {
        method: 'POST',
        headers,
        body,
      });
      return { status: reply.status, text: await reply.text() };
    };
    assert.equal((await land('a\n1\n')).status, 201);
    writeFileSync(secretFile, 'a key that the bucket does not know yet');
    const refused = await land('a\n2\n');
    assert.equal(refused.status, 503, refused.text);
    assert.ok(!refused.text.includes('does not know'));
    writeFileSync(secretFile, secretAccessKey);
    assert.equal((await land('a\n2\n')).status, 201);
  });
  it('starts in no bucket that is missing; one that is taken away is missed, and back again holds all it held', async () => {
    const bucket = `esteira-${randomUUID()}`;
    const own: S3Settings = { ...settings, bucket, prefix: '' };
    const client = createS3Client(own, silentLogger);
    const content = openTestBucket(own);
    after(async () => {
      await content.erase();
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      client.destroy();
      content.close();
    });
    const start = () =>
      startQuietServer({
        dataDir: join(folder, 'missing'),
        bootstrapToken: token,
        blobsUrl: `s3://${bucket}/`,
        s3Endpoint: settings.endpoint,
        s3AccessKey: settings.credentials?.accessKeyId,
        s3SecretKey: settings.credentials?.secretAccessKey,
      });
    await assert.rejects(start(), { code: 'BAD_CONFIG', message: /blobsUrl: there is no bucket "esteira-/ });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    const server = await start();
    try {
      const ask = async (path: string, body: string, type = 'application/octet-stream') => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': type };
        const reply = await fetch(`${server.url}${path}`, { method: 'POST', headers, body });
        return { status: reply.status, code: ((await reply.json()) as { code?: string }).code };
      };
      const land = (text: string) => ask('/api/v1/datasets/rows/files?format=csv&fileName=rows.csv', text);
      const landed = async () => {
        const headers = { authorization: `Bearer ${token}` };
        const reply = await fetch(`${server.url}/api/v1/datasets/rows/files`, { headers });
        return ((await reply.json()) as { items: unknown[] }).items.length;
      };
      assert.equal((await ask('/api/v1/datasets', '{"name":"rows"}', 'application/json')).status, 201);
      for (const text of ['a\n1\n', 'a\n2\n']) assert.equal((await land(text)).status, 201);
      const held = new Map<string, Buffer>();
      for (const name of await content.names()) held.set(name, await content.read(name));
      await content.erase();
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      assert.deepEqual(await land('a\n3\n'), { status: 503, code: 'BLOBS_UNAVAILABLE' });
      assert.equal((await ask('/api/v1/datasets', '{"name":"more"}', 'application/json')).status, 201);
      assert.equal(await landed(), 2);
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      for (const [name, bytes] of held) await content.write(name, bytes);
      assert.equal((await land('a\n3\n')).status, 201);
      assert.equal(await landed(), 3);
    } finally {
      await server.close();
    }
  });
}
