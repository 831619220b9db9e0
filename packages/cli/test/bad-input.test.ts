import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApiError, createClient } from '@esteira/sdk';
import { type Flight, inventFlights, toCsv } from './flights.fixture.ts';
import { createPlace, type Installation, ownerToken } from './installation.fixture.ts';
import {
  contract,
  defineFeatures,
  ended,
  land,
  openDataset,
  openProject,
  runEnded,
  startRun,
  stepOf,
} from './late-flights.fixture.ts';

const place = createPlace();
let installation: Installation;
let flights: readonly Flight[];
let parquet: Buffer;

before(async () => {
  installation = await place.start();
  const { client } = installation;
  await openProject(client);
  flights = inventFlights({ days: 14, perDay: 60, seed: 3 });
  await land(client, 'flights', 'flights.csv', toCsv(flights));
  const job = await ingest('flights');
  assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
  const { versionId } = job.result as { versionId: string };
  const chunks: Uint8Array[] = [];
  for await (const chunk of await client.datasets.download({ params: { id: versionId } })) chunks.push(chunk);
  parquet = Buffer.concat(chunks);
  await openDataset(client, 'trials');
});

after(() => place.remove());

async function ingest(name: string) {
  const { client } = installation;
  const { jobId } = await client.datasets.ingest({ params: { name }, body: {} });
  return ended(client, jobId);
}

/** The refusal, after checking that it is one whole entry of the error table. */
async function refusalOf(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ApiError, String(error));
  for (const text of [error.message, error.why, error.todo]) {
    assert.ok(text.length > 10, JSON.stringify(error));
    assert.ok(!/\{\w+\}|undefined|\[object/.test(text), text);
    assert.ok(!text.includes(place.dataDir) && !/\bat .*\.ts/.test(text), text);
  }
  assert.match(error.instance, /^err_/);
  return error;
}

/** Nothing of a refused file is left: not as a file of the dataset, not as a version, not as bytes on the disk. */
async function assertNothingKept(name: string): Promise<void> {
  const { client } = installation;
  assert.deepEqual((await client.datasets.listFiles({ params: { name } })).items, []);
  assert.deepEqual((await client.datasets.listVersions({ params: { name } })).items, []);
  assert.deepEqual(readdirSync(join(place.dataDir, 'blobs/tmp')), []);
}

test('a broken file is refused with what is wrong with it, and nothing of it is kept', async () => {
  const { client } = installation;
  const rows = toCsv(flights.slice(0, 200)).split('\n');
  const ragged = rows.with(100, `${rows[100]},surplus`).join('\n');
  const damaged = Buffer.from(parquet);
  damaged.fill(0xff, 40, 400);
  const cases: readonly (readonly [string, string | Uint8Array, string, RegExp])[] = [
    [
      'cut.parquet',
      parquet.subarray(0, parquet.length / 2),
      'DATASET_FILE_UNREADABLE',
      /cut\.parquet.*Parquet/,
    ],
    ['magic.parquet', 'PAR1PAR1', 'DATASET_FILE_UNREADABLE', /Parquet/],
    [
      'footer.parquet',
      Buffer.concat([parquet.subarray(0, parquet.length / 2), parquet.subarray(-8)]),
      'DATASET_FILE_UNREADABLE',
      /Parquet/,
    ],
    ['page.parquet', damaged, 'DATASET_FILE_UNREADABLE', /damaged/],
    ['ragged.csv', ragged, 'DATASET_ROW_BROKEN', /Line 101 .*6 values.*5 columns/],
    ['quote.csv', `${rows[0]}\n"2001-01-01,5,100,AAA,BBB\n`, 'DATASET_ROW_BROKEN', /quote/],
    ['empty.csv', '', 'DATASET_FILE_EMPTY', /empty\.csv has no rows/],
    ['header.csv', `${rows[0]}\n`, 'DATASET_FILE_EMPTY', /header\.csv has no rows/],
    ['twice.csv', 'a,b,A\n1,2,3\n', 'DATASET_COLUMN_TWICE', /more than one column/],
    ['unnamed.csv', 'a,,c\n1,2,3\n', 'DATASET_COLUMN_UNNAMED', /Column 2/],
    ['binary.csv', Buffer.from([0, 1, 2, 3, 255, 10, 0]), 'DATASET_FILE_UNREADABLE', /UTF-8/],
  ];
  for (const [fileName, content, code, words] of cases) {
    const error = await refusalOf(land(client, 'trials', fileName, content));
    assert.equal(error.code, code, `${fileName}: ${error.message}`);
    assert.match(error.message, words, fileName);
    assert.equal(error.status, 400, fileName);
    await assertNothingKept('trials');
  }
});

test('a file for a dataset that does not exist is refused before it is read', async () => {
  const error = await refusalOf(land(installation.client, 'nowhere', 'a.csv', toCsv(flights)));
  assert.equal(error.code, 'DATASET_NOT_FOUND');
});

test('an upload that the client breaks off leaves nothing', async () => {
  const target = new URL(`${installation.url}/api/v1/datasets/trials/files?fileName=torn.csv`);
  const headers = { authorization: `Bearer ${ownerToken}`, 'content-type': 'text/csv' };
  const sent = request(target, { method: 'POST', headers });
  sent.on('error', () => {});
  await new Promise((resolve) => sent.write(toCsv(flights), resolve));
  const temporary = join(place.dataDir, 'blobs/tmp');
  await until(() => readdirSync(temporary).length > 0);
  sent.destroy();
  await until(() => readdirSync(temporary).length === 0);
  await assertNothingKept('trials');
});

test('data of wrong types against the contract becomes no version, and the run says what failed and how often', async () => {
  const { client } = installation;
  await openDataset(client, 'wrong-types');
  const lines = toCsv(flights.slice(0, 100)).split('\n');
  const wrong = lines.map((line, index) => (index === 0 ? line : line.replace(/,-?\d+,/, ',late,')));
  await land(client, 'wrong-types', 'wrong.csv', wrong.join('\n'));
  const job = await ingest('wrong-types');
  assert.equal(job.state, 'succeeded');
  const result = job.result as { outcome: string; versionId?: string; validationRunId: string };
  assert.equal(result.outcome, 'refused');
  assert.equal(result.versionId, undefined);
  const run = await client.datasets.getValidationRun({ params: { id: result.validationRunId } });
  assert.ok(run.checks.some((check) => check.column === 'delay' && check.outcome === 'failed'));
  assert.deepEqual((await client.datasets.listVersions({ params: { name: 'wrong-types' } })).items, []);
  assert.deepEqual(readdirSync(join(place.dataDir, 'blobs/tmp')), []);
});

test('missing values where the contract wants some are counted, and the rows are shown', async () => {
  const { client } = installation;
  await openDataset(client, 'missing');
  const lines = toCsv(flights.slice(0, 100)).split('\n');
  const wrong = lines.map((line, index) => (index % 10 === 5 ? line.replace(/,-?\d+,/, ',,') : line));
  await land(client, 'missing', 'missing.csv', wrong.join('\n'));
  const job = await ingest('missing');
  const { outcome, validationRunId } = job.result as { outcome: string; validationRunId: string };
  assert.equal(outcome, 'refused');
  const run = await client.datasets.getValidationRun({ params: { id: validationRunId } });
  assert.equal(run.failingRows, 10);
  assert.equal(run.sample.length, 10);
});

test('files of one version that do not fit together fail the ingestion by name', async () => {
  const { client } = installation;
  await client.datasets.create({ body: { name: 'mixed' } });
  await land(client, 'mixed', 'one.csv', 'a,b\n1,2\n');
  await land(client, 'mixed', 'two.csv', 'a,c\n1,x\n');
  const job = await ingest('mixed');
  assert.equal(job.state, 'failed');
  assert.equal(job.error?.code, 'DATASET_SCHEMA_MISMATCH');
  assert.match(job.error?.instance ?? '', /^\w+_/);
  assert.deepEqual((await client.datasets.listVersions({ params: { name: 'mixed' } })).items, []);
});

test('labels that are missing, all alike, or no labels at all fail the run with one clear error', async () => {
  const { client } = installation;
  await defineFeatures(client);
  const cases: readonly (readonly [label: string, code: string, words: RegExp])[] = [
    ['CASE WHEN delay > 15 THEN 1 END', 'TRAINING_DATA_UNUSABLE', /rows have no label/],
    [
      "CASE WHEN delay > 15 THEN CAST('nan' AS DOUBLE) ELSE 0 END",
      'TRAINING_DATA_UNUSABLE',
      /rows have no label/,
    ],
    ['0', 'TRAINING_DATA_UNUSABLE', /class/],
    ['delay', 'TRAINING_DATA_UNUSABLE', /class|label/],
    ['CASE WHEN lateness > 15 THEN 1 ELSE 0 END', 'TRAINING_SET_FAILED', /lateness/],
  ];
  for (const [label, code, words] of cases) {
    const run = await runEnded(client, await startRun(client, { label }));
    assert.equal(run.status, 'failed', label);
    const failed = run.graph.filter(({ status }) => status === 'failed');
    assert.ok(failed.length >= 1, label);
    for (const { name, error } of failed) {
      assert.equal(error?.code, code, `${label}, ${name}: ${JSON.stringify(error)}`);
      assert.match(error?.what ?? '', words, label);
      assert.ok((error?.why ?? '').length > 10 && (error?.todo ?? '').length > 10);
    }
    for (const step of ['evaluate', 'register']) assert.notEqual(stepOf(run, step).status, 'succeeded');
  }
  assert.deepEqual((await client.registry.models()).items, []);
  assert.deepEqual(readdirSync(join(place.dataDir, 'blobs/tmp')), []);
});

test('a body beyond the limit is refused, and the server goes on', async () => {
  const spec = 'x'.repeat(11 * 1024 * 1024);
  const error = await refusalOf(
    installation.client.pipelines.put({ params: { name: 'late-flights' }, body: { spec } }),
  );
  assert.equal(error.code, 'BODY_TOO_LARGE');
  assert.equal(error.status, 413);
  assert.equal((await installation.client.governance.me()).name, 'owner');
});

test('a token that was revoked gets one clear answer, whatever it asks', async () => {
  const { client, url } = installation;
  const issued = await client.governance.createToken({ body: { name: 'short-lived' } });
  const other = createClient({ url, token: issued.secret });
  assert.equal((await other.governance.me()).name, 'owner');
  await client.governance.revokeToken({ params: { id: issued.token.id } });
  const calls = [
    other.governance.me(),
    other.datasets.list(),
    land(other, 'trials', 'a.csv', toCsv(flights)),
    other.pipelines.start({ params: { name: 'late-flights' }, body: {} }),
  ];
  for (const error of await Promise.all(calls.map(refusalOf))) {
    assert.equal(error.code, 'UNAUTHENTICATED');
    assert.equal(error.status, 401);
  }
  await assertNothingKept('trials');
});

test('a contract with a rule nobody understands is refused, and the one before stays', async () => {
  const { client } = installation;
  const broken = structuredClone(contract) as { schema: { properties: object[] }[] };
  broken.schema[0]?.properties.push({ name: 'delay', logicalType: 'sometimes' });
  const error = await refusalOf(
    client.datasets.putContract({ params: { name: 'trials' }, body: { document: broken as never } }),
  );
  assert.equal(error.code, 'CONTRACT_INVALID');
  assert.equal((await client.datasets.get({ params: { name: 'trials' } })).contractVersion, 1);
});

test('a window whose bound is no time, or whose column is not there, makes no version', async () => {
  const { client } = installation;
  for (const [window, code] of [
    [{ column: 'date', from: 'soon' }, 'DATASET_WINDOW_INVALID'],
    [{ column: 'when', from: '2001-01-01' }, 'DATASET_COLUMN_UNKNOWN'],
    [{ column: 'date', from: '2031-01-01' }, 'DATASET_WINDOW_EMPTY'],
  ] as const) {
    const { jobId } = await client.datasets.ingest({ params: { name: 'flights' }, body: { window } });
    const job = await ended(client, jobId);
    assert.deepEqual([job.state, job.error?.code], ['failed', code]);
  }
});

test('the error of an upload reaches a client that is still sending', async () => {
  async function* endless(): AsyncIterable<Uint8Array> {
    for (let sent = 0; sent < 400; sent++) yield Buffer.alloc(1 << 18, 'a');
  }
  const error = await refusalOf(
    installation.client.datasets.landFile({ params: { name: 'nowhere' }, body: endless() }),
  );
  assert.equal(error.code, 'DATASET_NOT_FOUND');
});

test('nothing of all this was an error of the server', async () => {
  assert.equal(installation.errors(), '');
});

async function until(ask: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail('waited 10 s in vain');
}
