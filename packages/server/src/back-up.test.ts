import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, beforeEach, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { blobsOf, inventInstallation } from './archived-installation.fixture.ts';
import { backUp } from './back-up.ts';
import { listArchives } from './list-archives.ts';
import { restore } from './restore.ts';
import { openSqliteDatabase } from './storage/sql/sqlite/open-sqlite-database.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-backup-test-'));
after(() => rmSync(root, { recursive: true, force: true }));
const child = join(import.meta.dirname, 'backup.child.ts');
let folder: string;
let flags: { readonly dataDir: string };
let to: string;

beforeEach(async () => {
  folder = mkdtempSync(join(root, 'case-'));
  flags = { dataDir: join(folder, 'data') };
  to = join(folder, 'archives');
  await inventInstallation(flags, { points: 20_000, blobs: 12 });
});

const quiet = { environment: {}, onProgress() {}, signal: new AbortController().signal };

function writeBackup(changed: { keep?: number; to?: string } = {}) {
  return backUp({ flags, to, kind: 'backup', ...quiet, ...changed });
}

function archives(check = false) {
  return listArchives({ flags: {}, from: to, check, ...quiet });
}

function everyFile(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test('an archive names every table, its rows and its digest, and can be read by its owner alone', async () => {
  const { manifest, copied } = await writeBackup();
  const points = manifest.tables.find(({ name }) => name === 'metric_points');
  assert.equal(points?.rows, 20_000);
  assert.ok(manifest.tables.length > 60);
  assert.deepEqual(manifest.omitted, [
    'commit_epochs',
    'data_planes',
    'leases',
    'limit_buckets',
    'limit_holders',
    'replicas',
    'shared_secrets',
  ]);
  assert.equal(manifest.blobs.rows, 12);
  assert.equal(copied.blobs, 12);
  assert.equal(manifest.audit?.size, 5);
  assert.deepEqual(
    manifest.files.map(({ path, size }) => [path, size]),
    [
      ['data-plane/model-servers/ZGVmYXVsdA/source', 15],
      ['data-plane/model-servers/ZGVmYXVsdA/spool/0000000000000100.ndjson', 16],
    ],
  );
  for (const file of everyFile(to)) assert.equal(statSync(file).mode & 0o077, 0, file);
  const [listed] = await archives(true);
  assert.deepEqual([listed?.name, listed?.problem], [manifest.name, undefined]);
});

test('the next archive copies only the content that the place does not have', async () => {
  await writeBackup();
  const blobsBefore = everyFile(join(to, 'blobs')).length;
  const second = await writeBackup();
  assert.deepEqual(second.copied, { blobs: 0, bytes: 0 });
  assert.equal(everyFile(join(to, 'blobs')).length, blobsBefore);
  assert.equal((await archives(true)).filter(({ problem }) => problem === undefined).length, 2);
});

test('no key is in an archive in the clear', async () => {
  const database = openSqliteDatabase({ path: join(flags.dataDir, 'esteira.db') });
  interface SecretTables {
    shared_secrets: { name: string; value: string; key_id: string | null; created_at: number };
  }
  const secret = 'c2VjcmV0LW9mLXRoZS1ob3VzZQ';
  await database.transaction((tx) =>
    tx
      .query<SecretTables>()
      .insertInto('shared_secrets')
      .values({ name: 'signing-key', value: secret, key_id: null, created_at: 0 })
      .execute(),
  );
  await database.close();
  await writeBackup();
  for (const file of everyFile(to)) {
    const bytes = readFileSync(file);
    const text = (file.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes).toString('latin1');
    assert.ok(!text.includes(secret), file);
    assert.ok(!text.includes('PRIVATE KEY'), file);
  }
  assert.ok(!everyFile(to).some((file) => file.endsWith('.pem') || file.includes('shared_secrets')));
});

test('only so many archives are kept, with the content that they need', async () => {
  const first = await writeBackup();
  const blobs = await blobsOf(flags);
  const path = (digest: string): string => join('blobs/sha256', digest.slice(7, 9), digest.slice(9));
  const gone = blobs[0] ?? '';
  rmSync(join(flags.dataDir, path(gone)), { force: true });
  const second = await writeBackup();
  const third = await writeBackup({ keep: 2 });
  assert.deepEqual(
    (await archives(true)).map(({ name, problem }) => [name, problem]),
    [
      [second.manifest.name, undefined],
      [third.manifest.name, undefined],
    ],
  );
  assert.notEqual(first.manifest.name, second.manifest.name);
  assert.throws(() => statSync(join(to, path(gone))));
});

test('a backup killed with -9 leaves nothing that looks whole, and the next one is', async () => {
  await writeBackup();
  const killed = spawn(process.execPath, [child, flags.dataDir, to], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: killed.stdout })) {
    if (line.startsWith('tables metric_points')) killed.kill('SIGKILL');
    assert.ok(!line.startsWith('done'), 'it was not killed in time');
  }
  assert.ok(readdirSync(to).some((name) => name.endsWith('.partial')));
  assert.equal((await archives(true)).length, 1);
  const next = await writeBackup();
  assert.ok(!readdirSync(to).some((name) => name.endsWith('.partial')));
  const listed = await archives(true);
  assert.deepEqual([listed.length, listed[1]?.name, listed[1]?.problem], [2, next.manifest.name, undefined]);
});

function shell(command: string, path: string): boolean {
  return spawnSync('/bin/sh', ['-c', command, path]).status === 0;
}

test('a disk without room gives STORAGE_FULL and leaves no archive', async (t) => {
  // A file system of its own where this process may mount one, else a limit on the size of any file.
  mkdirSync(to);
  const mounted = shell('exec mount -t tmpfs -o size=200k tmpfs "$0"', to);
  t.diagnostic(mounted ? 'on a file system of 200 KiB' : 'under a limit of the file size');
  try {
    const command = mounted ? 'exec "$0" "$@"' : 'trap \'\' XFSZ; ulimit -f 64; exec "$0" "$@"';
    const ended = spawnSync('bash', ['-c', command, process.execPath, child, flags.dataDir, to], {
      encoding: 'utf8',
    });
    assert.match(ended.stdout, /^failed STORAGE_FULL$/m, ended.stderr);
    assert.deepEqual(await archives(), []);
    assert.ok(!readdirSync(to).some((name) => name.startsWith('20')));
  } finally {
    if (mounted) shell('exec umount "$0"', to);
  }
});

test('a folder with other files, and one that a backup is writing, are refused', async () => {
  mkdirSync(to);
  writeFileSync(join(to, 'thesis.txt'), '');
  await assert.rejects(writeBackup(), { code: 'BACKUP_PLACE_UNFIT', message: /other files/ });
  const both = await Promise.allSettled([
    writeBackup({ to: join(folder, 'other') }),
    writeBackup({ to: join(folder, 'other') }),
  ]);
  const refused = both.filter((outcome) => outcome.status === 'rejected');
  assert.equal(refused.length, 1);
  assert.match(String(refused[0]?.reason), /another backup is writing it/);
});

test('where no installation is, none is made', async () => {
  const dataDir = join(folder, 'nothing');
  await assert.rejects(backUp({ flags: { dataDir }, to, kind: 'backup', ...quiet }), {
    code: 'NO_INSTALLATION',
  });
  assert.throws(() => statSync(dataDir));
});

test('a database with a table that no migration makes is not archived as if it were whole', async () => {
  const database = openSqliteDatabase({ path: join(flags.dataDir, 'esteira.db') });
  await database.transaction(async (tx) => {
    await tx.query<unknown>().schema.createTable('by_hand').addColumn('id', 'text').execute();
  });
  await database.close();
  await assert.rejects(writeBackup(), { code: 'BACKUP_INCOMPLETE', message: /by_hand/ });
  assert.deepEqual(await archives(), []);
});

test('content that is damaged already is named, and all the rest is kept', async () => {
  const [damaged = ''] = await blobsOf(flags);
  const path = join(flags.dataDir, 'blobs/sha256', damaged.slice(7, 9), damaged.slice(9));
  const { size } = statSync(path);
  rmSync(path);
  writeFileSync(path, Buffer.alloc(size));
  const { manifest } = await writeBackup();
  assert.deepEqual([manifest.damaged, manifest.blobs.rows], [[damaged], 11]);
  assert.equal((await archives(true))[0]?.problem, undefined);
  const target = { dataDir: join(folder, 'restored') };
  const signingKey = join(flags.dataDir, 'audit-signing-key.pem');
  await restore({ flags: target, from: to, as: 'backup', verify: true, signingKey, ...quiet });
  assert.equal((await blobsOf(target)).length, 11);
});
