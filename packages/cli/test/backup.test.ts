import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { EsteiraClient } from '@esteira/sdk';
import { inventFlights, toCsv } from './flights.fixture.ts';
import { createPlace, type Installation } from './installation.fixture.ts';
import { land } from './late-flights.fixture.ts';

const esteira = resolve(import.meta.dirname, '../../../node_modules/.bin/esteira');
const place = createPlace();
const elsewhere = createPlace();
const folder = join(place.dataDir, '..');
const archives = join(folder, 'archives');

after(async () => {
  await place.remove();
  await elsewhere.remove();
});

interface Manifest {
  readonly name: string;
  readonly snapshotAt: number;
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
}

function run(...words: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(esteira, words, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return { code: status, stdout, stderr };
}

async function runBeside(...words: string[]): Promise<string> {
  const child = spawn(esteira, words, { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
  const parts: string[] = [];
  const errors: string[] = [];
  child.stdout.on('data', (part) => parts.push(String(part)));
  child.stderr.on('data', (part) => errors.push(String(part)));
  const code = await new Promise((ended) => child.once('close', ended));
  assert.equal(code, 0, errors.join(''));
  return parts.join('');
}

/** What a client was told is kept. */
interface Acknowledged {
  readonly runs: { readonly id: string; points: number }[];
  files: number;
}

const batch = 50;

/** Writes until it is told to stop: runs with metrics, tags and files of a dataset, from several clients at once. */
function startWriters(client: EsteiraClient) {
  const acknowledged: Acknowledged = { runs: [], files: 0 };
  let stopped = false;

  async function writeRuns(): Promise<void> {
    while (!stopped) {
      const { id } = await client.tracking.startRun({ body: { experiment: 'load', name: 'under load' } });
      const known = { id, points: 0 };
      acknowledged.runs.push(known);
      for (let round = 0; round < 5 && !stopped; round++) {
        const metrics = Array.from({ length: batch }, (_, index) => {
          return { name: 'loss', value: 1 / (index + 1), step: round * batch + index };
        });
        await client.tracking.log({ params: { id }, body: { metrics } });
        known.points += batch;
      }
    }
  }

  async function writeFiles(): Promise<void> {
    while (!stopped) {
      const rows = inventFlights({ days: 1, perDay: 20, seed: acknowledged.files + 1 });
      await land(client, 'flights', `flights-${acknowledged.files}.csv`, toCsv(rows));
      acknowledged.files++;
    }
  }

  const work = Promise.all([writeRuns(), writeRuns(), writeRuns(), writeFiles()]);
  return {
    acknowledged,
    async reached(least: { runs: number; files: number }) {
      while (acknowledged.runs.length < least.runs || acknowledged.files < least.files)
        await Promise.race([work, pause(20)]);
    },
    async stop() {
      stopped = true;
      await work;
    },
  };
}

async function pointsOf(client: EsteiraClient, id: string): Promise<number> {
  const { points } = await client.tracking.metricHistory({
    params: { id },
    query: { name: 'loss', limit: 5000 },
  });
  return points.length;
}

test('a backup under write load holds everything that was acknowledged before it began, and a server starts on it elsewhere', async (t) => {
  const first: Installation = await place.start();
  await first.client.datasets.create({ body: { name: 'flights' } });
  await first.client.tracking.createExperiment({ body: { name: 'load' } });
  const writers = startWriters(first.client);
  await writers.reached({ runs: 12, files: 3 });

  const before = structuredClone(writers.acknowledged);
  const written = JSON.parse(
    await runBeside('backup', '--to', archives, '--data-dir', place.dataDir, '--json'),
  ) as { manifest: Manifest };
  const after = structuredClone(writers.acknowledged);
  await writers.stop();
  t.diagnostic(`${before.runs.length} runs before, ${after.runs.length} after`);
  assert.ok(after.runs.length > before.runs.length, 'writers went on meanwhile');

  const key = join(place.dataDir, 'audit-signing-key.pem');
  const words = ['restore', '--from', archives, '--data-dir', elsewhere.dataDir, '--signing-key', key];
  const restored = run(...words, '--verify');
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stdout, /everything was read back and is the same/);
  assert.match(restored.stdout, /^metric_(batches|points) +\d/m);

  const second = await elsewhere.start();
  const { client } = second;
  for (const { id, points } of before.runs) assert.ok((await pointsOf(client, id)) >= points, id);
  const files = await client.datasets.listFiles({ params: { name: 'flights' }, query: { limit: 1000 } });
  assert.ok(files.items.length >= before.files);
  const verified = await client.governance.verifyAudit();
  assert.deepEqual([verified.ok, verified.problems], [true, []]);
  const rowsOf = (table: string): number =>
    written.manifest.tables.find(({ name }) => name === table)?.rows ?? 0;
  let runs = 0;
  for await (const page of pagesOfRuns(client)) runs += page;
  assert.equal(runs, rowsOf('runs'));
  assert.equal(files.items.length, rowsOf('landed_files'));

  // What was stored is there too, not only what is said of it.
  const { jobId } = await client.datasets.ingest({ params: { name: 'flights' }, body: {} });
  const job = await client.jobs.get({ params: { id: jobId }, query: { waitSeconds: 60 } });
  assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
  assert.equal(await second.end('SIGTERM'), 0);
  assert.equal(await first.end('SIGTERM'), 0);
});

async function* pagesOfRuns(client: EsteiraClient): AsyncIterable<number> {
  let cursor: string | undefined;
  do {
    const page = await client.tracking.searchRuns({
      query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) },
    });
    yield page.items.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

test('the archives of a folder are listed and checked, and a folder without any is an error', () => {
  const listed = run('backups', archives, '--check');
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /^\S+Z +backup +0\.1\.0 +sqlite .*every byte agrees$/m);
  const progress = run('backups', archives, '--check', '--json').stderr.trim().split('\n');
  assert.ok(progress.every((line) => 'progress' in (JSON.parse(line) as object)));
  const none = run('backups', folder);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /There is no whole archive at/);
});

test('a house moves with one command to pack and one to unpack', async () => {
  const packed = run('house', 'export', '--to', join(folder, 'boxes'), '--data-dir', place.dataDir);
  assert.equal(packed.code, 0, packed.stderr);
  const dataDir = join(folder, 'new-house');
  const words = ['house', 'import', '--from', join(folder, 'boxes'), '--data-dir', dataDir];
  const without = run(...words);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /The key that signs the audit log is needed/);
  const unpacked = run(...words, '--signing-key', join(place.dataDir, 'audit-signing-key.pem'));
  assert.equal(unpacked.code, 0, unpacked.stderr);
  const again = run(...words);
  assert.match(again.stderr, /There is an installation at .* already/);
  assert.ok(existsSync(join(dataDir, 'esteira.db')));
});
