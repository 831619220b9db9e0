import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, beforeEach, describe, it } from 'node:test';
import { blobsOf, inventInstallation } from './archived-installation.fixture.ts';
import { backUp } from './back-up.ts';
import { openBucketForWriting } from './backup/bucket-place.ts';
import { systemRandom } from './kernel/random-source.ts';
import { listArchives } from './list-archives.ts';
import { startQuietServer } from './quiet-server.fixture.ts';
import { restore } from './restore.ts';
import { openTestBucket, s3Flags, s3TestSettings } from './storage/blobs/s3/s3-bucket.fixture.ts';
import type { S3Settings } from './storage/blobs/s3/s3-settings.ts';
import { openUnreliableProxy } from './storage/blobs/s3/unreliable-proxy.fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-bucket-archives-'));
after(() => rmSync(root, { recursive: true, force: true }));
const quiet = { environment: {}, onProgress() {}, signal: new AbortController().signal };
const settings = s3TestSettings();
if (settings !== undefined) describe('archives in a bucket', () => archivesInBucket(settings));

function archivesInBucket(all: S3Settings): void {
  const home = { dataDir: join(root, 'home'), ...s3Flags(all) };
  const signingKey = join(home.dataDir, 'audit-signing-key.pem');
  let made = 0;
  let own: S3Settings;
  let bucket: ReturnType<typeof openTestBucket>;
  let to: string;
  let folder: string;
  const invented = inventInstallation(home, { points: 20_000, blobs: 12 });

  beforeEach(async (context) => {
    await invented;
    made++;
    own = { ...all, prefix: `${all.prefix}${made}/` };
    to = `s3://${own.bucket}/${all.prefix}${made}`;
    folder = mkdtempSync(join(root, 'case-'));
    bucket = openTestBucket(own);
    const opened = bucket;
    if ('after' in context) {
      context.after(async () => {
        await opened.erase();
        opened.close();
      });
    }
  });

  const writeBackup = (changed: Partial<Parameters<typeof backUp>[0]> = {}) =>
    backUp({ flags: home, to, kind: 'backup', ...quiet, ...changed });
  const archives = (check = true) => listArchives({ flags: home, from: to, check, ...quiet });
  const doRestore = (changed: Partial<Parameters<typeof restore>[0]> = {}) => {
    const target = { dataDir: mkdtempSync(join(folder, 'restored-')), ...s3Flags(all) };
    return restore({ flags: target, from: to, as: 'backup', verify: true, signingKey, ...quiet, ...changed });
  };

  it('lie there as in a folder, and are restored and read back', async () => {
    const { manifest, copied } = await writeBackup();
    assert.equal(copied.blobs, 12);
    const names = await bucket.names();
    const { name } = manifest;
    const files = [manifest.blobs, ...manifest.tables].map(({ file }) => `${name}/${file.path}`);
    assert.deepEqual(
      names.filter((one) => !one.startsWith('blobs/')),
      [...files, `${name}/manifest.json`, 'esteira-archives'].sort(),
    );
    assert.equal(names.filter((one) => one.startsWith('blobs/sha256/')).length, 12 + manifest.files.length);
    assert.deepEqual(
      (await archives()).map(({ problem }) => problem),
      [undefined],
    );
    const restored = await doRestore();
    assert.deepEqual([restored.verified, restored.audit.size], [true, 5]);
    assert.deepEqual(await blobsOf({ dataDir: restored.dataDir }), await blobsOf(home));
  });

  it('can be taken to a folder, and are archives there', async () => {
    await writeBackup();
    const copy = join(folder, 'copy');
    for (const name of await bucket.names()) {
      mkdirSync(dirname(join(copy, name)), { recursive: true });
      writeFileSync(join(copy, name), await bucket.read(name));
    }
    assert.equal((await doRestore({ from: copy })).verified, true);
    assert.equal((await writeBackup({ to: copy })).copied.blobs, 0);
  });

  it('share content, which is not sent again, and goes with the last that needs it', async () => {
    const changing = { ...home, dataDir: join(folder, 'changing') };
    await inventInstallation(changing, { points: 1, blobs: 3 });
    const first = await writeBackup({ flags: changing });
    const before = await bucket.names('blobs/');
    const second = await writeBackup({ flags: changing });
    assert.deepEqual(second.copied, { blobs: 0, bytes: 0 });
    assert.deepEqual(await bucket.names('blobs/'), before);
    const [gone = ''] = await blobsOf(changing);
    const path = join('sha256', gone.slice(7, 9), gone.slice(9));
    rmSync(join(changing.dataDir, 'blobs', path), { force: true });
    const third = await writeBackup({ flags: changing, keep: 2 });
    const listed = await archives();
    assert.deepEqual(
      listed.map(({ name, problem }) => [name, problem]),
      [second, third].map(({ manifest }) => [manifest.name, undefined]),
    );
    assert.ok((await bucket.names()).includes(`blobs/${path}`));
    const fourth = await writeBackup({ flags: changing, keep: 1 });
    const left = await bucket.names();
    assert.ok(!left.includes(`blobs/${path}`));
    for (const { manifest } of [first, second, third])
      assert.ok(!left.some((name) => name.startsWith(manifest.name)));
    assert.deepEqual(
      (await archives()).map(({ name, problem }) => [name, problem]),
      [[fourth.manifest.name, undefined]],
    );
  });

  it('are whole or not there when the process is killed with -9, and the next backup tidies up', async () => {
    await writeBackup();
    const words = [
      join(import.meta.dirname, 'backup.child.ts'),
      home.dataDir,
      to,
      JSON.stringify(s3Flags(all)),
    ];
    const killed = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: killed.stdout })) {
      if (line.startsWith('tables metric_points')) killed.kill('SIGKILL');
      assert.ok(!line.startsWith('done'), 'it was not killed in time');
    }
    const [whole] = await archives();
    const half = (await bucket.names('20')).filter((name) => !name.startsWith(whole?.name ?? '-'));
    assert.ok(half.length > 0);
    assert.ok(!half.some((name) => name.endsWith('manifest.json')));
    assert.equal((await archives()).length, 1);
    const next = await writeBackup();
    const after = await bucket.names();
    for (const name of half) assert.ok(!after.includes(name), name);
    assert.ok(!after.includes('writing'));
    const listed = await archives();
    assert.deepEqual(
      listed.map(({ name, problem }) => [name, problem]),
      [
        [whole?.name, undefined],
        [next.manifest.name, undefined],
      ],
    );
  });

  it('tell of a flipped byte in any file, and name it', async () => {
    await writeBackup();
    const names = (await bucket.names()).filter((name) => /^20|^blobs\/sha256/.test(name));
    // Every kind of file, and among the many of one kind some.
    const chosen = names.filter((name, index) => index % (name.includes('/tables/') ? 30 : 8) === 0);
    const manifest = names.filter(
      (name) => name.endsWith('manifest.json') || name.endsWith('blobs.ndjson.zst'),
    );
    for (const name of [...chosen, ...manifest]) {
      const whole = await bucket.read(name);
      const broken = Buffer.from(whole);
      const at = whole.length >> 1;
      broken.writeUInt8(whole.readUInt8(at) ^ 1, at);
      await bucket.write(name, broken);
      const file = name.startsWith('blobs/')
        ? `sha256:${name.split('/').slice(-2).join('')}`
        : (name.split('/').at(-1) ?? '');
      await assert.rejects(doRestore(), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'ARCHIVE_DAMAGED', `${name}: ${error.message}`);
        assert.ok(error.message.includes(file), `${name}: ${error.message}`);
        return true;
      });
      assert.ok((await archives())[0]?.problem?.includes(file), name);
      await bucket.write(name, whole);
    }
    assert.equal((await archives())[0]?.problem, undefined);
  });

  it('are looked for where they are not, and every wrong setting is named', async () => {
    const wrong = (flags: Readonly<Record<string, unknown>>) => ({ flags: { ...home, ...flags } });
    const nowhere = `s3://${own.bucket}-nowhere/archives`;
    for (const call of [
      () => writeBackup({ to: nowhere }),
      () => doRestore({ from: nowhere }),
      () => listArchives({ flags: home, from: nowhere, check: false, ...quiet }),
    ])
      await assert.rejects(call, { code: 'BAD_CONFIG', message: /there is no bucket "[^"]+-nowhere"/ });
    const strange = { backupS3AccessKey: 'nobody', backupS3SecretKey: 'of importance' };
    for (const call of [() => writeBackup(wrong(strange)), () => doRestore(wrong(strange))])
      await assert.rejects(call, { code: 'BAD_CONFIG', message: /backupS3AccessKey .* refuses them/ });
    await assert.rejects(
      writeBackup(wrong({ ...strange, backupS3AccessKey: all.credentials?.accessKeyId })),
      {
        code: 'BAD_CONFIG',
        message: /backupS3AccessKey .* refuses them/,
      },
    );
    await assert.rejects(writeBackup(wrong({ backupS3AccessKey: 'half' })), {
      code: 'BAD_CONFIG',
      message: /backupS3AccessKey and backupS3SecretKey belong together/,
    });
    await assert.rejects(writeBackup(wrong({ backupS3Endpoint: 'http://127.0.0.1:9' })), {
      code: 'BACKUP_PLACE_UNAVAILABLE',
      message: /backupS3Endpoint/,
    });
    await assert.rejects(doRestore(), { code: 'ARCHIVE_NOT_FOUND' });
    assert.deepEqual(await bucket.names(), []);
  });

  it('are not written among other objects', async () => {
    await bucket.write('thesis.txt', 'not an archive');
    await assert.rejects(writeBackup(), { code: 'BACKUP_PLACE_UNFIT', message: /other objects/ });
    assert.deepEqual(await bucket.names(), ['thesis.txt']);
  });

  it('are written by one process at a time', async () => {
    const place = { settings: own, address: to, random: systemRandom, scratch: folder };
    const other = await openBucketForWriting({ ...place, timing: { renew: 200, stale: 1000 } });
    await assert.rejects(writeBackup(), {
      code: 'BACKUP_PLACE_UNFIT',
      message: /another backup is writing it/,
    });
    await other.close();
    await writeBackup();
    assert.equal((await archives()).length, 1);
  });

  it('are not finished by a process that another has taken over from', async () => {
    const scratch = folder;
    const timing = { renew: 60_000, stale: 50 };
    const place = { settings: own, address: to, random: systemRandom, scratch };
    const frozen = await openBucketForWriting({ ...place, timing });
    await frozen.requireTurn();
    const other = await openBucketForWriting({ ...place, timing: { renew: 100, stale: 300 } });
    await assert.rejects(frozen.requireTurn(), { code: 'BACKUP_INCOMPLETE', message: /took over/ });
    assert.equal(frozen.lost.aborted, true);
    await frozen.close();
    await other.requireTurn();
    await other.close();
    assert.deepEqual(await bucket.names(), ['esteira-archives']);
  });

  it('are not there when the bucket is full or away, and the next one is', async () => {
    const proxy = await openUnreliableProxy(own.endpoint ?? '');
    const flags = { ...home, s3Endpoint: proxy.url };
    const whole = (await writeBackup()).manifest.name;
    const fail = (pattern: RegExp, status: number, code: string) => {
      proxy.refuse((method, path) => (pattern.test(`${method} ${path}`) ? { status, code } : undefined));
      return writeBackup({ flags });
    };
    await assert.rejects(fail(/^PUT .*metric_points/, 507, 'InsufficientStorage'), { code: 'STORAGE_FULL' });
    await assert.rejects(fail(/^PUT .*manifest/, 403, 'QuotaExceeded'), { code: 'STORAGE_FULL' });
    await assert.rejects(fail(/^PUT .*tables/, 403, 'AccessDenied'), {
      code: 'BACKUP_PLACE_UNAVAILABLE',
      message: /write objects \(s3:PutObject\)/,
    });
    proxy.refuse(() => undefined);
    const files = (await bucket.names('20')).filter((name) => !name.startsWith(whole));
    assert.deepEqual(files, [], 'what was begun is taken back');
    const next = (await writeBackup({ flags })).manifest.name;
    assert.deepEqual(
      (await archives()).map(({ name, problem }) => [name, problem]),
      [
        [whole, undefined],
        [next, undefined],
      ],
    );
    await proxy.close();
  });

  it('are written by a server to the bucket of its configuration, with keys of their own', async () => {
    const token = `owner${'b'.repeat(40)}`;
    const server = await startQuietServer(
      {
        dataDir: join(folder, 'served'),
        bootstrapToken: token,
      },
      {
        ESTEIRA_BACKUP_DIRECTORY: to,
        ESTEIRA_BACKUP_KEEP: '1',
        ESTEIRA_S3_ACCESS_KEY: 'of-the-blobs',
        ESTEIRA_S3_SECRET_KEY: 'of-the-blobs',
        ESTEIRA_BACKUP_S3_ENDPOINT: own.endpoint,
        ESTEIRA_BACKUP_S3_REGION: own.region,
        ESTEIRA_BACKUP_S3_ACCESS_KEY: own.credentials?.accessKeyId,
        ESTEIRA_BACKUP_S3_SECRET_KEY: own.credentials?.secretAccessKey,
      },
    );
    try {
      const ask = async (method: string, path: string) => {
        const headers = { authorization: `Bearer ${token}` };
        return await (await fetch(`${server.url}/api/v1${path}`, { method, headers })).json();
      };
      assert.deepEqual((await ask('GET', '/backups')).items, []);
      let name = '';
      for (let count = 0; count < 2; count++) {
        const { jobId } = await ask('POST', '/backups');
        const job = await ask('GET', `/jobs/${jobId}?waitSeconds=60`);
        assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
        name = job.result.name;
      }
      const { items, unreadable } = await ask('GET', '/backups');
      assert.deepEqual([items.map((item: { name: string }) => item.name), unreadable], [[name], []]);
    } finally {
      await server.close();
    }
    assert.deepEqual(
      (await archives()).map(({ problem }) => problem),
      [undefined],
    );
  });
}
