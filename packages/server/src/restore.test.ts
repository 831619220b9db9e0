import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';
import type { JsonValue } from '@esteira/contracts';
import { blobsOf, inventInstallation } from './archived-installation.fixture.ts';
import { backUp } from './back-up.ts';
import type { ArchiveManifest } from './backup/index.ts';
import { canonicalDigest } from './governance/index.ts';
import { startQuietServer } from './quiet-server.fixture.ts';
import { restore } from './restore.ts';
import { openSqliteDatabase } from './storage/sql/sqlite/open-sqlite-database.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-restore-test-'));
const source = { dataDir: join(root, 'source') };
const from = join(root, 'archives');
const signingKey = join(source.dataDir, 'audit-signing-key.pem');
const quiet = { environment: {}, onProgress() {}, signal: new AbortController().signal };
let archive: string;
let folder: string;
let target: { readonly dataDir: string };

before(async () => {
  await inventInstallation(source, { points: 40_000, blobs: 8 });
  archive = (await backUp({ flags: source, to: from, kind: 'backup', ...quiet })).manifest.name;
});
after(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
  target = { dataDir: join(folder, 'data') };
});

function doRestore(changed: Partial<Parameters<typeof restore>[0]> = {}) {
  return restore({ flags: target, from, as: 'backup', verify: true, signingKey, ...quiet, ...changed });
}

interface Tables {
  sessions: { id: string };
  sign_in_links: { id: string };
  audit_entries: { action: string };
  metric_points: { series_id: number };
  prediction_sources: { source: string; acknowledged: number; workspace: string };
}

async function inspect<R>(
  dataDir: string,
  look: (database: ReturnType<typeof openSqliteDatabase>) => Promise<R>,
): Promise<R> {
  const database = openSqliteDatabase({ path: join(dataDir, 'esteira.db') });
  try {
    return await look(database);
  } finally {
    await database.close();
  }
}

/** A copy of the archives that may be harmed. */
function copyArchives(): string {
  const copy = join(folder, 'archives');
  cpSync(from, copy, { recursive: true });
  return copy;
}

test('what was restored is what was archived, and says so in its audit log', async () => {
  const restored = await doRestore();
  assert.deepEqual([restored.resumed, restored.verified, restored.audit.size], [false, true, 5]);
  assert.deepEqual(await blobsOf(target), await blobsOf(source));
  const again = await backUp({ flags: target, to: join(folder, 'again'), kind: 'backup', ...quiet });
  const digests = new Map(restored.manifest.tables.map(({ name, digest }) => [name, digest]));
  const changed = again.manifest.tables.filter(({ name, digest }) => digests.get(name) !== digest);
  assert.deepEqual(
    changed.map(({ name }) => name),
    ['audit_entries', 'sessions', 'sign_in_links'],
  );
  await inspect(target.dataDir, async (database) => {
    const rows = await database.query<Tables>().selectFrom('audit_entries').select('action').execute();
    assert.equal(rows.filter(({ action }) => action === 'installation.restored').length, 1);
    for (const table of ['sessions', 'sign_in_links'] as const)
      assert.deepEqual(await database.query<Tables>().selectFrom(table).selectAll().execute(), []);
  });
});

test('a prediction log that was not shipped comes along, and what was shipped beyond its copy is not skipped again', async () => {
  const ahead = { dataDir: join(folder, 'ahead') };
  cpSync(source.dataDir, ahead.dataDir, { recursive: true });
  await inspect(ahead.dataDir, (database) =>
    database.transaction((tx) =>
      tx
        .query<Tables>()
        .insertInto('prediction_sources')
        .values({ workspace: 'default', source: 'source-of-spool', acknowledged: 5_000 })
        .execute(),
    ),
  );
  const to = join(folder, 'ahead-archives');
  await backUp({ flags: ahead, to, kind: 'backup', ...quiet });
  await doRestore({ from: to });
  const spool = join(target.dataDir, 'data-plane/model-servers/ZGVmYXVsdA');
  assert.equal(readFileSync(join(spool, 'source'), 'utf8'), 'source-of-spool');
  const lines = readFileSync(join(spool, 'spool/0000000000000100.ndjson'), 'utf8');
  assert.equal(lines, '{"n":1}\n{"n":2}\n');
  const [row] = await inspect(target.dataDir, (database) =>
    database
      .query<Tables>()
      .selectFrom('prediction_sources')
      .selectAll()
      .where('source', '=', 'source-of-spool')
      .execute(),
  );
  assert.equal(row?.acknowledged, 100 + lines.length);
});

test('a restore killed with -9 keeps servers away, and the same call goes on where it was', async () => {
  const words = [from, signingKey, JSON.stringify(target), 'backup'];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'restore.child.ts'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('tables metric_points')) child.kill('SIGKILL');
    assert.ok(!line.startsWith('verify'), 'it was not killed in time');
  }
  await assert.rejects(startQuietServer(target), {
    code: 'RESTORE_UNFINISHED',
    details: { archive },
  });
  await assert.rejects(backUp({ flags: target, to: join(folder, 'other'), kind: 'backup', ...quiet }), {
    code: 'RESTORE_UNFINISHED',
  });
  const written = await inspect(target.dataDir, async (database) => {
    const rows = await database.query<Tables>().selectFrom('metric_points').select('series_id').execute();
    return rows.length;
  });
  assert.ok(written > 0 && written < 40_000, String(written));
  const restored = await doRestore();
  assert.deepEqual([restored.resumed, restored.verified], [true, true]);
  const server = await startQuietServer(target);
  await server.close();
});

test('a place where something is, is never written to', async () => {
  await assert.rejects(doRestore({ flags: source }), { code: 'RESTORE_TARGET_NOT_EMPTY' });
  await doRestore();
  await assert.rejects(doRestore(), { code: 'RESTORE_TARGET_NOT_EMPTY' });
  const blobsOnly = { dataDir: join(folder, 'blobs-only') };
  cpSync(join(source.dataDir, 'blobs'), join(blobsOnly.dataDir, 'blobs'), { recursive: true });
  await assert.rejects(doRestore({ flags: blobsOnly }), {
    code: 'RESTORE_TARGET_NOT_EMPTY',
    message: /blob store/,
  });
  const running = { dataDir: join(folder, 'running') };
  const server = await startQuietServer(running);
  await assert.rejects(doRestore({ flags: running }), { code: 'STORAGE_BUSY' });
  await assert.rejects(backUp({ flags: running, to: join(folder, 'h'), kind: 'house', ...quiet }), {
    code: 'STORAGE_BUSY',
  });
  await server.close();
});

test('a flipped byte in any file of the archive is found, and the file is named', async () => {
  const copy = copyArchives();
  const files = readdirSync(copy, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.includes('/20') || path.includes('/blobs/sha256/'));
  assert.ok(files.length > 60);
  // Every kind of file, and among the many of one kind some.
  const chosen = files.filter((path, index) => !path.includes('/tables/') || index % 12 === 0);
  for (const path of chosen) {
    const whole = readFileSync(path);
    const broken = Buffer.from(whole);
    const at = whole.length >> 1;
    broken.writeUInt8(whole.readUInt8(at) ^ 1, at);
    rmSync(path);
    writeFileSync(path, broken);
    const name = path.includes('/blobs/')
      ? `sha256:${path.split('/').slice(-2).join('')}`
      : (path.split('/').at(-1) ?? '');
    await assert.rejects(
      doRestore({ from: copy, flags: { dataDir: mkdtempSync(join(folder, 'harmed-')) } }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'ARCHIVE_DAMAGED', `${path}: ${error.message}`);
        assert.ok(error.message.includes(name), `${path}: ${error.message}`);
        return true;
      },
    );
    writeFileSync(path, whole);
  }
});

test('an archive of a newer release is refused, before anything is made', async () => {
  const copy = copyArchives();
  const path = join(copy, archive, 'manifest.json');
  const { digest: _own, ...written } = JSON.parse(readFileSync(path, 'utf8')) as ArchiveManifest;
  const change = (changes: Readonly<Record<string, JsonValue>>): void => {
    const rest = { ...written, ...changes };
    writeFileSync(path, JSON.stringify({ ...rest, digest: canonicalDigest(rest) }));
  };
  change({ migrations: [...written.migrations, '9999-tomorrow'] });
  await assert.rejects(doRestore({ from: copy }), { code: 'ARCHIVE_TOO_NEW', message: /9999-tomorrow/ });
  change({ schemaDigest: `sha256:${'0'.repeat(64)}` });
  await assert.rejects(doRestore({ from: copy }), { code: 'ARCHIVE_TOO_NEW' });
  change({ format: 2 });
  await assert.rejects(doRestore({ from: copy }), { code: 'ARCHIVE_TOO_NEW', message: /form 2/ });
  assert.ok(!existsSync(join(target.dataDir, 'esteira.db')) || (await doRestore()).verified);
});

test('the audit log goes on only with the key that signed it', async () => {
  const request = { flags: target, from, as: 'backup', verify: true, ...quiet } as const;
  await assert.rejects(restore(request), { code: 'SIGNING_KEY_MISSING' });
  const other = { dataDir: join(folder, 'other') };
  await inventInstallation(other, { points: 1, blobs: 0 });
  await assert.rejects(doRestore({ signingKey: join(other.dataDir, 'audit-signing-key.pem') }), {
    code: 'SIGNING_KEY_MISSING',
    message: /is not the key/,
  });
  await assert.rejects(doRestore({ signingKey: join(folder, 'nowhere.pem') }), {
    code: 'SIGNING_KEY_MISSING',
  });
});

test('where no whole archive is, it says so', async () => {
  await assert.rejects(doRestore({ from: folder }), { code: 'ARCHIVE_NOT_FOUND' });
  await assert.rejects(doRestore({ archive: '2001-01-01T00-00-00-000Z' }), { code: 'ARCHIVE_NOT_FOUND' });
  await assert.rejects(doRestore({ archive: '../../etc' }), { code: 'ARCHIVE_NOT_FOUND' });
});

test('content that is encrypted stays so in the archive, whose key file is all that has to be carried apart', async () => {
  const blobKeys = join(folder, 'keys.yaml');
  const keyOf = (id: string): string => `  ${id}: ${Buffer.alloc(32, id).toString('base64')}\n`;
  writeFileSync(blobKeys, `active: first\nkeys:\n${keyOf('first')}`, { mode: 0o600 });
  const sealed = { dataDir: join(folder, 'sealed'), blobKeys };
  await inventInstallation(sealed, { points: 1, blobs: 3 });
  const to = join(folder, 'sealed-archives');
  const apart = join(folder, 'apart.pem');
  const { manifest } = await backUp({ flags: sealed, to, kind: 'backup', signingKeyTo: apart, ...quiet });
  assert.equal(manifest.signingKey?.keyId, 'first');
  const own = readFileSync(join(sealed.dataDir, 'audit-signing-key.pem'));
  assert.deepEqual(readFileSync(apart), own);
  for (const entry of readdirSync(join(to, 'blobs'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = readFileSync(join(entry.parentPath, entry.name)).toString('latin1');
    assert.ok(!bytes.includes('content ') && !bytes.includes('{"n":1}'), entry.name);
  }
  const request = { from: to, as: 'backup', verify: true, ...quiet } as const;
  await assert.rejects(restore({ ...request, flags: target, signingKey: apart }), { code: 'BAD_CONFIG' });
  const other = join(folder, 'other-keys.yaml');
  writeFileSync(other, `active: second\nkeys:\n${keyOf('second')}`, { mode: 0o600 });
  const wrong = { dataDir: join(folder, 'wrong'), blobKeys: other };
  await assert.rejects(restore({ ...request, flags: wrong }), { code: 'SIGNING_KEY_MISSING' });
  const right = { dataDir: join(folder, 'right'), blobKeys };
  assert.equal((await restore({ ...request, flags: right })).verified, true);
  assert.deepEqual(readFileSync(join(right.dataDir, 'audit-signing-key.pem')), own);
  assert.deepEqual(await blobsOf(right), await blobsOf(sealed));
});
