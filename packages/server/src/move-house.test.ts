import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { archiveEngines } from './archive-engines.ts';
import { blobsOf, inventInstallation } from './archived-installation.fixture.ts';
import { backUp } from './back-up.ts';
import type { ArchiveManifest } from './backup/index.ts';
import { loadConfig } from './config.ts';
import { restore } from './restore.ts';
import { openTestBucket, s3Flags, s3TestSettings } from './storage/blobs/s3/s3-bucket.fixture.ts';
import { createTestDatabase } from './storage/sql/postgres/test-postgres.fixture.ts';
import type { SqlTransaction } from './storage/sql/sql-database.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-house-test-'));
const home = { dataDir: join(root, 'home') };
const signingKey = join(home.dataDir, 'audit-signing-key.pem');
const quiet = { environment: {}, onProgress() {}, signal: new AbortController().signal };
const s3 = s3TestSettings();
const drops: (() => Promise<void>)[] = [];

before(() => inventInstallation(home, { points: 30_000, blobs: 15 }));
after(async () => {
  for (const drop of drops) await drop();
  const bucket = s3 === undefined ? undefined : openTestBucket(s3);
  await bucket?.erase();
  bucket?.close();
  rmSync(root, { recursive: true, force: true });
});

type Flags = Readonly<Record<string, unknown>> & { readonly dataDir: string };

/** A PostgreSQL database of its own and, where there is an object storage, a prefix of its own in the bucket. */
async function sharedEngines(name: string): Promise<Flags> {
  const { url, drop } = await createTestDatabase();
  drops.push(drop);
  const bucket =
    s3 === undefined
      ? {}
      : {
          blobsUrl: `s3://${s3.bucket}/${s3.prefix}${name}`,
          s3Endpoint: s3.endpoint,
          s3Region: s3.region,
          s3AccessKey: s3.credentials?.accessKeyId,
          s3SecretKey: s3.credentials?.secretAccessKey,
        };
  return { dataDir: join(root, name), databaseUrl: url, ...bucket };
}

async function moveOut(flags: Flags, name: string): Promise<ArchiveManifest> {
  return (await backUp({ flags, to: join(root, name), kind: 'house', ...quiet })).manifest;
}

function moveIn(flags: Flags, name: string) {
  return restore({ flags, from: join(root, name), as: 'house', verify: true, signingKey, ...quiet });
}

function digests(manifest: ArchiveManifest): readonly (readonly [string, number, string])[] {
  return manifest.tables.map(({ name, rows, digest }) => [name, rows, digest] as const);
}

test('an installation that moves to PostgreSQL and S3 and back again is the same, row for row and byte for byte', async () => {
  const shared = await sharedEngines('shared');
  const back = { dataDir: join(root, 'back') };
  const atHome = await moveOut(home, 'from-home');
  const moved = await moveIn(shared, 'from-home');
  assert.deepEqual([moved.verified, moved.audit.size], [true, 5]);
  const away = await moveOut(shared, 'from-shared');
  assert.equal(away.engine, 'postgres');
  await moveIn(back, 'from-shared');
  const again = await moveOut(back, 'from-back');
  assert.deepEqual(digests(away), digests(atHome));
  assert.deepEqual(digests(again), digests(atHome));
  const blobs = await blobsOf(home);
  assert.equal(blobs.length, 15);
  assert.deepEqual(await blobsOf(shared), blobs);
  assert.deepEqual(await blobsOf(back), blobs);
  assert.deepEqual(again.files, atHome.files);
});

test('a move killed with -9 in the middle goes on where it was', async () => {
  const shared = await sharedEngines('killed');
  await moveOut(home, 'for-killed');
  const words = [join(root, 'for-killed'), signingKey, JSON.stringify(shared), 'house'];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'restore.child.ts'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('tables metric_points')) child.kill('SIGKILL');
    assert.ok(!line.startsWith('verify'), 'it was not killed in time');
  }
  const moved = await moveIn(shared, 'for-killed');
  assert.deepEqual([moved.resumed, moved.verified], [true, true]);
  assert.deepEqual(digests(await moveOut(shared, 'from-killed')), digests(moved.manifest));
});

interface Tables {
  trials: { workspace: string; study_id: string; number: number; value: number | null };
  events: { position: number };
  leases: { name: string; owner: string; expires_at: number; fence: number };
}

async function change(flags: Flags, body: (tx: SqlTransaction) => Promise<unknown>): Promise<void> {
  const database = await archiveEngines(loadConfig({ flags, environment: {} })).openDatabase();
  await database.transaction(body);
  await database.close();
}

test('doubles that SQLite cannot hold keep to PostgreSQL exactly, and come to SQLite as near as it has them', async () => {
  const shared = await sharedEngines('doubles');
  await moveOut(home, 'for-doubles');
  await moveIn(shared, 'for-doubles');
  await change(shared, async (tx) => {
    const odd = [Number.NaN, -0, Number.POSITIVE_INFINITY];
    for (const [number, value] of odd.entries())
      await tx
        .query<Tables>()
        .updateTable('trials')
        .set({ value })
        .where('number', '=', number + 1)
        .execute();
  });
  await moveOut(shared, 'odd');
  const other = await sharedEngines('other');
  await moveIn(other, 'odd');
  assert.deepEqual(digests(await moveOut(other, 'odd-again')), digests(await moveOut(shared, 'odd-before')));
  const sqlite = { dataDir: join(root, 'odd-sqlite') };
  await moveIn(sqlite, 'odd');
  const database = await archiveEngines(loadConfig({ flags: sqlite, environment: {} })).openDatabase();
  const rows = await database
    .query<Tables>()
    .selectFrom('trials')
    .select('value')
    .where('number', 'in', [1, 2, 3])
    .orderBy('number')
    .execute();
  await database.close();
  assert.deepEqual(
    rows.map(({ value }) => value),
    [null, 0, Number.POSITIVE_INFINITY],
  );
});

test('positions given after a move are above all that came along', async () => {
  const shared = await sharedEngines('positions');
  const high = { dataDir: join(root, 'high') };
  await inventInstallation(high, { points: 1, blobs: 0 });
  const highest = 2 ** 50;
  await change(high, (tx) =>
    tx.query<Tables>().updateTable('events').set({ position: highest }).where('position', '=', 6).execute(),
  );
  await moveOut(high, 'from-high');
  await restore({
    flags: shared,
    from: join(root, 'from-high'),
    as: 'house',
    verify: true,
    signingKey: join(high.dataDir, 'audit-signing-key.pem'),
    ...quiet,
  });
  const database = await archiveEngines(loadConfig({ flags: shared, environment: {} })).openDatabase();
  await database.transaction((tx) =>
    tx
      .query<Tables>()
      .updateTable('events')
      .set({ position: tx.nextPosition('events') })
      .where('position', '=', 1)
      .execute(),
  );
  const row = await database
    .query<Tables>()
    .selectFrom('events')
    .select(({ fn }) => fn.max('position').as('position'))
    .executeTakeFirstOrThrow();
  await database.close();
  assert.ok(Number(row.position) > highest);
});

test('servers that share a database have the key of the audit log from the move on, and it can be had from there', async () => {
  const shared = await sharedEngines('keyed');
  await moveOut(home, 'for-keyed');
  await moveIn(shared, 'for-keyed');
  // Another server, with a folder of its own that has no key.
  const elsewhere = { ...shared, dataDir: join(root, 'keyed-elsewhere') };
  const signingKeyTo = join(root, 'keyed.pem');
  await backUp({ flags: elsewhere, to: join(root, 'from-keyed'), kind: 'house', signingKeyTo, ...quiet });
  assert.deepEqual(readFileSync(signingKeyTo), readFileSync(signingKey));
});

test('a house with a server in it is not moved', async () => {
  const shared = await sharedEngines('lived-in');
  await moveOut(home, 'for-lived-in');
  await moveIn(shared, 'for-lived-in');
  await change(shared, (tx) =>
    tx
      .query<Tables>()
      .insertInto('leases')
      .values({ name: 'audit', owner: 'replica:1', expires_at: Date.now() + 60_000, fence: 1 })
      .execute(),
  );
  await assert.rejects(moveOut(shared, 'from-lived-in'), {
    code: 'HOUSE_IN_USE',
    message: /holds the lease audit/,
  });
});

if (s3 !== undefined) {
  test('an archive of PostgreSQL lies in a bucket too, and is restored to either engine from there', async () => {
    const shared = await sharedEngines('to-bucket');
    await moveOut(home, 'for-bucket');
    await moveIn(shared, 'for-bucket');
    const to = `s3://${s3.bucket}/${s3.prefix}archives`;
    const flags = { ...shared, ...s3Flags(s3) };
    const { manifest } = await backUp({ flags, to, kind: 'backup', ...quiet });
    assert.equal(manifest.engine, 'postgres');
    for (const target of [
      await sharedEngines('from-bucket'),
      { dataDir: join(root, 'sqlite-from-bucket') },
    ]) {
      const own: Flags = { ...target, ...s3Flags(s3) };
      const restored = await restore({
        flags: own,
        from: to,
        as: 'house',
        verify: true,
        signingKey,
        ...quiet,
      });
      assert.equal(restored.verified, true);
      assert.deepEqual(await blobsOf(own), await blobsOf(home));
      assert.deepEqual(digests(await moveOut(own, `again-${restored.dataDir.length}`)), digests(manifest));
    }
  });
}

test('a backup of PostgreSQL beside its writers holds one moment', async () => {
  const shared = await sharedEngines('busy');
  await moveOut(home, 'for-busy');
  await moveIn(shared, 'for-busy');
  const database = await archiveEngines(loadConfig({ flags: shared, environment: {} })).openDatabase();
  interface Pairs {
    run_params: { run_id: string; name: string; value: string };
    run_tags: { run_id: string; name: string; value: string };
  }
  let writing = true;
  let acknowledged = 0;
  const writer = (async () => {
    for (let index = 0; writing; index++) {
      const row = { run_id: `pair-${index}`, name: 'n', value: 'v' };
      await database.transaction(async (tx) => {
        await tx.query<Pairs>().insertInto('run_params').values(row).execute();
        await tx.query<Pairs>().insertInto('run_tags').values(row).execute();
      });
      acknowledged = index + 1;
    }
  })();
  while (acknowledged < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  const before = acknowledged;
  const { manifest } = await backUp({ flags: shared, to: join(root, 'from-busy'), kind: 'backup', ...quiet });
  writing = false;
  await writer;
  await database.close();
  const rowsOf = (table: string): number => manifest.tables.find(({ name }) => name === table)?.rows ?? 0;
  assert.equal(rowsOf('run_params'), rowsOf('run_tags'));
  assert.ok(rowsOf('run_params') - 7 >= before);
  assert.ok(acknowledged > before);
});
