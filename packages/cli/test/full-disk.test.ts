import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApiError } from '@esteira/sdk';
import { inventFlights, toCsv } from './flights.fixture.ts';
import { createPlace, type Installation, type Place } from './installation.fixture.ts';
import { ended, land } from './late-flights.fixture.ts';

const mebibyte = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'esteira-small-disk-'));
// A file system of its own where this process may mount one, else a limit on the size of any file.
const mounted = shell('exec mount -t tmpfs -o size=24m tmpfs "$0"');
let place: Place;
let installation: Installation;

before(async () => {
  place = createPlace(folder);
  installation = await place.start(mounted ? {} : { prelude: "trap '' XFSZ; ulimit -f 20480" });
});

after(async () => {
  await place.remove();
  if (mounted) shell('exec umount "$0"');
  rmSync(folder, { recursive: true, force: true });
});

function shell(command: string): boolean {
  return spawnSync('/bin/sh', ['-c', command, folder]).status === 0;
}

async function* manyRows(bytes: number): AsyncIterable<Uint8Array> {
  yield Buffer.from('a,b\n');
  const rows = Buffer.from('123456,abcdef\n'.repeat(4096));
  for (let sent = 0; sent < bytes; sent += rows.length) yield rows;
}

test('an upload that does not fit is refused, leaves nothing, and the server goes on', async (t) => {
  t.diagnostic(mounted ? 'on a file system of 24 MiB' : 'under a limit of the file size');
  const { client } = installation;
  await client.datasets.create({ body: { name: 'large' } });
  const temporary = join(place.dataDir, 'blobs/tmp');
  for (let attempt = 0; attempt < 2; attempt++) {
    const error = await client.datasets
      .landFile({
        params: { name: 'large' },
        query: { fileName: 'large.csv' },
        body: manyRows(64 * mebibyte),
      })
      .then(
        () => assert.fail('it was taken'),
        (thrown: unknown) => thrown,
      );
    assert.ok(error instanceof ApiError, String(error));
    assert.deepEqual([error.status, error.code], [507, 'STORAGE_FULL']);
    assert.match(error.instance, /^err_/);
    assert.deepEqual(readdirSync(temporary), []);
  }
  assert.deepEqual((await client.datasets.listFiles({ params: { name: 'large' } })).items, []);

  await land(client, 'large', 'small.csv', toCsv(inventFlights({ days: 2, perDay: 100, seed: 4 })));
  const { jobId } = await client.datasets.ingest({ params: { name: 'large' }, body: {} });
  const job = await ended(client, jobId);
  assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
});
