import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ana, type DatasetsFixture, openDatasets } from '../datasets.fixture.ts';
import { listLandedFiles } from './landed-file-store.ts';

describe('the landing zone', () => {
  let fixture: DatasetsFixture;
  let parquet: Uint8Array;
  let datasetId: string;

  before(async () => {
    fixture = await openDatasets();
    ({ id: datasetId } = await fixture.datasets.create(ana, { name: 'rows', description: '' }));
    parquet = await fixture.parquet(
      `SELECT i AS id, TIMESTAMP '2001-01-01' + i * INTERVAL 1 HOUR AS at, md5(i::VARCHAR) AS text FROM range(20000) r(i)`,
    );
    const made = join(fixture.blobDirectory, 'tmp');
    for (const name of readdirSync(made)) assert.match(name, /^dir-/);
  });
  after(() => fixture.close());

  const types = (columns: readonly { name: string; type: string }[]) =>
    columns.map(({ name, type }) => `${name} ${type}`).join(', ');

  async function refusal(bytes: Uint8Array | string, fileName = 'broken.csv'): Promise<string> {
    const temporary = () => readdirSync(join(fixture.blobDirectory, 'tmp')).length;
    const [before, files] = [temporary(), await listLandedFiles(fixture.sql, datasetId, { limit: 100 })];
    let told = '';
    await assert.rejects(fixture.land('rows', bytes, fileName), (error: Error & { code?: string }) => {
      told = `${error.code}: ${error.message}`;
      return true;
    });
    assert.equal(temporary(), before, 'a temporary file remains');
    assert.deepEqual(await listLandedFiles(fixture.sql, datasetId, { limit: 100 }), files);
    return told;
  }

  it('takes a Parquet file for what its bytes say, whatever its name', async () => {
    const file = await fixture.land('rows', parquet, 'rows.csv');
    assert.equal(file.format, 'parquet');
    assert.equal(file.rows, 20_000);
    assert.equal(file.size, parquet.length);
    assert.match(file.digest, /^sha256:[0-9a-f]{64}$/);
    assert.equal(types(file.columns), 'id BIGINT, at TIMESTAMP, text VARCHAR');
  });

  it('is given the same bytes twice and keeps one file', async () => {
    const [first, second] = [
      await fixture.land('rows', parquet, 'a'),
      await fixture.land('rows', parquet, 'b'),
    ];
    assert.deepEqual(first, second);
  });

  it('reads CSV columns as the narrowest type that holds every value', async () => {
    const file = await fixture.land(
      'rows',
      [
        'id;zip;price;when;day;yes;note;none',
        '1;01234;1.5;2001-01-01T10:00:00;2001-01-01;true;"a;""b""\nc";',
        '-20;99999;2;2001-01-02 11:30;2001-01-02;False;;',
      ].join('\n'),
    );
    assert.equal(
      types(file.columns),
      'id BIGINT, zip VARCHAR, price DOUBLE, when TIMESTAMP, day DATE, yes BOOLEAN, note VARCHAR, none VARCHAR',
    );
    assert.equal(file.rows, 2);
  });

  it('sees a single text far behind thousands of numbers', async () => {
    const lines = ['n', ...Array.from({ length: 50_000 }, (_, index) => String(index)), 'many'];
    assert.equal(types((await fixture.land('rows', lines.join('\n'))).columns), 'n VARCHAR');
  });

  it('refuses a Parquet file that is cut, damaged in the middle, or only looks like one', async () => {
    const damaged = Buffer.from(parquet);
    damaged.fill(0x5a, 2000, 60_000);
    assert.match(
      await refusal(parquet.subarray(0, parquet.length / 2)),
      /^DATASET_FILE_UNREADABLE: .*its end is missing/,
    );
    assert.match(await refusal(damaged), /^DATASET_FILE_UNREADABLE: .*damaged/);
    assert.match(await refusal('PAR1 this is no Parquet file PAR1'), /^DATASET_FILE_UNREADABLE: .*damaged/);
  });

  it('refuses files without rows', async () => {
    const none = await fixture.parquet('SELECT 1 AS a WHERE false');
    for (const bytes of ['', 'a,b\n', none])
      assert.match(await refusal(bytes), /^DATASET_FILE_EMPTY: .*broken.csv/);
  });

  it('names the line of a CSV row that is broken', async () => {
    assert.equal(
      await refusal('a,b\n1,2\n3\n5,6\n'),
      'DATASET_ROW_BROKEN: Line 3 of broken.csv is broken: it has 1 values, the first line names 2 columns.',
    );
    assert.match(await refusal('a,b\n1,2\n3,4\n5,6,7\n'), /^DATASET_ROW_BROKEN: Line 4 .* 3 values/);
    assert.match(await refusal('a,b\n1,2\n3,"x\n5,6\n'), /^DATASET_ROW_BROKEN: Line 3 .*quote/);
    const latin = Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0xe9, 0xff]), Buffer.from('\n')]);
    assert.match(await refusal(latin), /UTF-8/);
  });

  it('refuses columns that cannot be told apart', async () => {
    assert.match(await refusal('a,b,A\n1,2,3\n'), /^DATASET_COLUMN_TWICE: .*named A/);
    assert.match(await refusal('a,,c\n1,2,3\n'), /^DATASET_COLUMN_UNNAMED: Column 2/);
  });

  it('refuses bytes that are no table', async () => {
    assert.match(
      await refusal(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13])),
      /^DATASET_FILE_UNREADABLE: .*UTF-8/,
    );
  });

  it('answers STORAGE_FULL when the disk has no room, and keeps nothing', () => {
    const child = spawnSync(
      'bash',
      [
        '-c',
        'ulimit -f 256; exec "$0" "$1"',
        process.execPath,
        join(import.meta.dirname, 'disk-full.child.ts'),
      ],
      { encoding: 'utf8' },
    );
    assert.deepEqual(
      JSON.parse(child.stdout || 'null'),
      { code: 'STORAGE_FULL', temporary: [], files: 0 },
      child.stderr,
    );
  });
});
