import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { inventFlights, toCsv } from './flights.fixture.ts';
import { createPlace, StartFailure } from './installation.fixture.ts';
import { ended, land, openProject } from './late-flights.fixture.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-bad-start-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Mounts a small disk on the folder; false where this process may not. */
function mount(folder: string, options: string): boolean {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0;
  if (mounted) cleanups.push(() => spawnSync('umount', [folder]));
  return mounted;
}

/** One line that says what, why and what to do, and no stack. */
async function refused(
  start: Promise<unknown>,
  expected: { readonly code: string; readonly what: RegExp; readonly todo: RegExp },
): Promise<void> {
  await assert.rejects(start, (failure: unknown) => {
    assert.ok(failure instanceof StartFailure, String(failure));
    assert.equal(failure.code, 1);
    const [line = '', ...more] = failure.message.trimEnd().split('\n');
    assert.deepEqual(more, []);
    const { error } = JSON.parse(line) as { error: Record<string, string> };
    assert.deepEqual(Object.keys(error).sort(), ['code', 'todo', 'what', 'why']);
    assert.equal(error.code, expected.code);
    assert.match(error.what ?? '', expected.what);
    assert.match(error.todo ?? '', expected.todo);
    return true;
  });
}

test('a disk without room for the database is told as such', async (t) => {
  const folder = makeFolder();
  const mounted = mount(folder, 'size=64k');
  t.diagnostic(mounted ? 'on a file system of 64 KiB' : 'under a limit of the file size');
  const place = createPlace(folder);
  cleanups.push(place.remove);
  const start = place.start(mounted ? {} : { prelude: "trap '' XFSZ; ulimit -f 8" });
  await refused(start, {
    code: 'STORAGE_FULL',
    what: /^There is no room left/,
    todo: /Free space on the volume of the data directory/,
  });
});

test('a data directory that cannot be written is told with its path', async (t) => {
  const folder = makeFolder();
  const place = createPlace(folder);
  cleanups.push(place.remove);
  // A file in its place where no disk can be mounted: root writes whatever the mode of a folder says.
  const path = join(folder, 'read-only');
  mkdirSync(path);
  const mounted = mount(path, 'size=64k,ro');
  t.diagnostic(mounted ? 'on a file system that is read only' : 'a file in its place');
  if (!mounted) {
    rmSync(path, { recursive: true });
    writeFileSync(path, '');
  }
  const start = place.start({ flags: ['--data-dir', path] });
  await refused(start, {
    code: 'BAD_CONFIG',
    what: /dataDir \S*read-only is no folder that this process can make and write/,
    todo: /docs\/reference\/config\.md/,
  });
});

for (const path of ['/proc/esteira', '/dev/null', '/dev/null/below', `/tmp/${'n'.repeat(300)}`]) {
  test(`a data directory that cannot be made is told at once: ${path.slice(0, 20)}`, async () => {
    const place = createPlace();
    cleanups.push(place.remove);
    await refused(place.start({ flags: ['--data-dir', path] }), {
      code: 'BAD_CONFIG',
      what: /dataDir \/\S+ is no folder that this process can make and write/,
      todo: /docs\/reference\/config\.md/,
    });
  });
}

test('a data directory with spaces, quotes and signs of every alphabet in its name works', async () => {
  const place = createPlace();
  cleanups.push(place.remove);
  const { client, end } = await place.start({
    flags: ['--data-dir', join(place.dataDir, `dados d'água "ção" 数据 %20 #?&`)],
  });
  await openProject(client);
  await land(client, 'flights', 'flights.csv', toCsv(inventFlights({ days: 2, perDay: 24, seed: 1 })));
  const { jobId } = await client.datasets.ingest({ params: { name: 'flights' }, body: {} });
  const { state, result, error } = await ended(client, jobId);
  assert.equal(state, 'succeeded', JSON.stringify(error));
  const { versionId } = result as { versionId: string };
  const { rows } = await client.datasets.preview({ params: { id: versionId }, query: { rows: 3 } });
  assert.equal(rows.length, 3);
  assert.equal(await end('SIGTERM'), 0);
});

test('a signing key that is none is told with its path', async () => {
  const place = createPlace();
  cleanups.push(place.remove);
  mkdirSync(place.dataDir);
  writeFileSync(join(place.dataDir, 'audit-signing-key.pem'), 'no key');
  await refused(place.start(), {
    code: 'BAD_CONFIG',
    what: /audit-signing-key\.pem holds no Ed25519 key/,
    todo: /docs\/reference\/config\.md/,
  });
});

test('a database file that is none is told with its path', async () => {
  const place = createPlace();
  cleanups.push(place.remove);
  mkdirSync(place.dataDir);
  writeFileSync(join(place.dataDir, 'esteira.db'), 'no database'.repeat(500));
  await refused(place.start(), {
    code: 'DATABASE_DAMAGED',
    what: /esteira\.db is not a database/,
    todo: /esteira restore/,
  });
});
