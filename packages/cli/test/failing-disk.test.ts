import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError, type EsteiraClient } from '@esteira/sdk';
import { createPlace, type Place } from './installation.fixture.ts';

const disk = mkdtempSync(join(tmpdir(), 'esteira-failing-disk-'));
let place: Place | undefined;

afterEach(async () => {
  run('umount', join(place?.dataDir ?? '', 'blobs'));
  await place?.remove();
  run('umount', disk);
  rmSync(disk, { recursive: true, force: true });
});

if (run('mount', '-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk)) {
  test(
    'what was acknowledged before the disk is full is there when it has room again, and nothing else',
    fillUp,
  );
  test('while the disk is read-only, content is refused as such and the rest goes on', turnReadOnly);
} else {
  process.on('exit', () => console.log('NOT RUN: disks that fail, for this process may not mount any'));
}

async function fillUp(): Promise<void> {
  place = createPlace(disk);
  const { client } = await place.start();
  const acknowledged: string[] = [];
  await createDataset(client, acknowledged);
  const filled = fill(join(disk, 'ballast'));
  let refusal: unknown;
  while (refusal === undefined) refusal = await createDataset(client, acknowledged);
  assertRefused(refusal, 507, 'STORAGE_FULL');
  assert.deepEqual(await names(client), acknowledged.sort());
  filled();
  while ((await createDataset(client, acknowledged)) !== undefined) await pause(20);
  assert.deepEqual(await names(client), acknowledged.sort());
}

async function turnReadOnly(): Promise<void> {
  place = createPlace();
  const { client } = await place.start();
  const acknowledged: string[] = [];
  await createDataset(client, acknowledged);
  const [name = ''] = acknowledged;
  const blobs = join(place.dataDir, 'blobs');
  await land(client, name, 'a\n1\n');
  assert.ok(run('mount', '--bind', blobs, blobs) && run('mount', '-o', 'remount,bind,ro', blobs));
  await assert.rejects(land(client, name, 'a\n2\n'), (thrown) => {
    assertRefused(thrown, 503, 'STORAGE_READ_ONLY');
    return true;
  });
  assert.equal(await createDataset(client, acknowledged), undefined);
  assert.equal((await client.datasets.listFiles({ params: { name } })).items.length, 1);
  assert.ok(run('umount', blobs));
  await land(client, name, 'a\n2\n');
  assert.equal((await client.datasets.listFiles({ params: { name } })).items.length, 2);
  assert.deepEqual(await names(client), acknowledged.sort());
}

function run(command: string, ...words: string[]): boolean {
  return spawnSync(command, words).status === 0;
}

/** Takes all the room there is; calling back frees it. */
function fill(path: string): () => void {
  const file = openSync(path, 'w');
  for (const size of [1024 * 1024, 4096]) {
    const part = Buffer.alloc(size);
    try {
      for (;;) writeSync(file, part);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
  closeSync(file);
  return () => rmSync(path);
}

/** Why it was refused; undefined when it was not. */
async function createDataset(client: EsteiraClient, acknowledged: string[]): Promise<unknown> {
  const name = `rows-${String(acknowledged.length).padStart(5, '0')}`;
  try {
    await client.datasets.create({ body: { name, description: 'd'.repeat(1000) } });
    acknowledged.push(name);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function names(client: EsteiraClient): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.datasets.list({ query: { limit: 100, ...(cursor ? { cursor } : {}) } });
    found.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found.sort();
}

async function land(client: EsteiraClient, name: string, text: string): Promise<void> {
  async function* bytes(): AsyncIterable<Uint8Array> {
    yield Buffer.from(text);
  }
  await client.datasets.landFile({ params: { name }, query: { fileName: 'rows.csv' }, body: bytes() });
}

function assertRefused(error: unknown, status: number, code: string): void {
  assert.ok(error instanceof ApiError, String(error));
  assert.deepEqual([error.status, error.code], [status, code]);
}
