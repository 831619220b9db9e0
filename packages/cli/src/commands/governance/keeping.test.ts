import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createClient } from '@esteira/sdk';
import { type Answer, type Installation, runHere, startInstallation } from '../../esteira-command.fixture.ts';

describe('keeping and freeing from the command line', () => {
  let installation: Installation;
  before(async () => {
    installation = await startInstallation();
  });
  after(() => installation.close());

  function run(...words: string[]): Promise<Answer> {
    return runHere(words, { environment: installation.environment });
  }

  function blobFile(text: string): string {
    const digest = createHash('sha256').update(text).digest('hex');
    return join(installation.folder, 'data', 'blobs', 'sha256', digest.slice(0, 2), digest.slice(2));
  }

  it('frees an overwritten file once it is old, after a dry run has said so', async () => {
    const { ESTEIRA_URL: url = '', ESTEIRA_TOKEN: token = '' } = installation.environment;
    const client = createClient({ url, token });
    const made = await client.tracking.startRun({ body: { experiment: 'e', name: 'r' } });
    const query = { path: 'model.txt' };
    for (const text of ['the first model', 'the second model'])
      await client.tracking.putArtifact({ params: { id: made.id }, query, body: bytesOf(text) });
    const old = new Date(Date.now() - 3 * 86_400_000);
    for (const text of ['the first model', 'the second model']) utimesSync(blobFile(text), old, old);

    const planned = await run('gc', '--dry-run', '--json');
    assert.equal(planned.code, 0, planned.stderr);
    const plan = JSON.parse(planned.stdout);
    assert.deepEqual(plan.freed, [
      { workspace: null, kind: null, because: 'unreferenced', blobs: 1, bytes: 15 },
    ]);
    assert.ok(statSync(blobFile('the first model')).isFile());

    const done = await run('gc', '--json');
    assert.deepEqual(JSON.parse(done.stdout), { ...plan, dryRun: false });
    assert.throws(() => statSync(blobFile('the first model')), { code: 'ENOENT' });
    assert.ok(statSync(blobFile('the second model')).isFile());
    assert.match((await run('gc')).stdout, /removed 0 things and freed 0 contents/);
  });

  it('sets for how long things are kept, and requests a change where that takes one', async () => {
    assert.match((await run('retention', 'set', 'runs', '90d')).stdout, /runs .*: kept for 90 days/);
    assert.match(
      (await run('retention', 'set', 'runs', 'forever', '--project', 'p')).stdout,
      /kept for ever/,
    );
    assert.match((await run('retention', 'list')).stdout, /runs +\(every other\) +90 days/);
    assert.match((await run('retention', 'unset', 'runs')).stdout, /kept for ever/);
    const refused = await run('retention', 'set', 'predictions', '365d');
    assert.match(refused.stderr, /takes a change/);
    const low = await run('retention', 'set', 'predictions', '30d', '--reason', 'they fill the disk');
    assert.match(low.stderr, /at least 180 days/);
    const planned = await run('retention', 'set', 'predictions', '365d', '--reason', 'they fill the disk');
    assert.match(planned.stdout, /Keep predictions of every project/);
    assert.match(planned.stdout, /approve/);
  });

  it('places holds that whoever placed them cannot release', async () => {
    const unclear = await run('holds', 'place', 'everything', '--reason', 'a letter from the court');
    assert.equal(unclear.code, 2);
    const placed = await run(
      'holds',
      'place',
      'project:loans',
      '--reason',
      'a letter from the court',
      '--json',
    );
    const { id } = JSON.parse(placed.stdout);
    assert.match((await run('holds', 'list', '--state', 'active')).stdout, /project:loans/);
    const released = await run('holds', 'release', id, '--reason', 'I have changed my mind');
    assert.match(released.stderr, /may not release it/);
  });
});

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
