import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { untilEventsSettled } from '../../storage/sql/open-test-database.ts';
import { existingValidationRun } from '../contracts/validation-run-store.ts';
import { ana, contractOf, type DatasetsFixture, openDatasets } from '../datasets.fixture.ts';
import { sourcesOf } from './dataset-version-store.ts';

describe('ingestion', () => {
  let fixture: DatasetsFixture;
  let count = 0;

  before(async () => {
    fixture = await openDatasets();
  });
  after(() => fixture.close());

  async function newDataset(project?: string): Promise<string> {
    const name = `rows-${++count}`;
    await fixture.datasets.create(ana, { name, project, description: '' });
    return name;
  }

  const hours = (from: number, to: number, order = '') =>
    `SELECT TIMESTAMP '2001-01-01' + i * INTERVAL 1 HOUR AS at, i % 7 AS n, 'k' || (i % 3) AS k
     FROM range(${from}, ${to}) r(i) ${order}`;

  it('combines the landed files into one version, in one order', async () => {
    const name = await newDataset();
    const one = await fixture.land(name, await fixture.parquet(hours(0, 50)));
    const two = await fixture.land(name, await fixture.parquet(hours(50, 90, 'ORDER BY random()')));
    const result = await fixture.ingest({ dataset: name });
    assert.deepEqual(
      [result.outcome, result.isNew, result.rowsRead, result.validationRunId],
      ['created', true, 90, undefined],
    );
    const opened = await fixture.datasets.open('ws_1', result.versionId ?? '');
    const rows = await fixture.tables.query(`SELECT "at" FROM ${opened.from}`);
    const times = rows.map((row) => Number(row.at));
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.equal(opened.version.rows, 90);
    const sources = await sourcesOf(fixture.sql, 'ws_1', opened.version.id);
    assert.deepEqual(
      sources,
      [one, two].map(({ id }) => ({ kind: 'source-file', id })),
    );
    const graph = await fixture.lineage.upstream('ws_1', { kind: 'dataset-version', id: opened.version.id });
    assert.deepEqual(
      new Set(graph.nodes.map((node) => node.id)),
      new Set([opened.version.id, one.id, two.id]),
    );
  });

  it('gives the same version for the same rows, whatever their order and format', async () => {
    const name = await newDataset();
    await fixture.land(name, await fixture.parquet(hours(0, 300)));
    const first = await fixture.ingest({ dataset: name });
    const shuffled = await fixture.land(
      name,
      await fixture.parquet(hours(0, 300, 'ORDER BY md5(i::VARCHAR)')),
    );
    const csv = ['at,n,k'];
    for (const row of await fixture.tables.query(hours(0, 300))) {
      csv.push(`${new Date(Number(row.at)).toISOString().slice(0, 19)},${row.n},${row.k}`);
    }
    const text = await fixture.land(name, csv.join('\n'));
    for (const { id } of [shuffled, text]) {
      const again = await fixture.ingest({ dataset: name, files: [id] });
      assert.deepEqual([again.versionId, again.isNew], [first.versionId, false]);
    }
    const other = await fixture.ingest({
      dataset: name,
      files: [text.id],
      window: { column: 'at', to: '2001-01-02' },
    });
    assert.notEqual(other.versionId, first.versionId);
  });

  it('cuts a window: its first bound is inside, its second outside', async () => {
    const name = await newDataset();
    await fixture.land(name, await fixture.parquet(hours(0, 100)));
    const window = { column: 'at', from: '2001-01-02', to: '2001-01-02T06:00:00Z' };
    const result = await fixture.ingest({ dataset: name, window });
    const opened = await fixture.datasets.open('ws_1', result.versionId ?? '');
    assert.equal(opened.version.rows, 6);
    assert.equal(result.rowsOutsideWindow, 94);
    const numbers = await fixture.ingest({ dataset: name, window: { column: 'n', from: 5 } });
    assert.equal(numbers.rowsOutsideWindow, 72);
  });

  it('refuses windows that make no sense', async () => {
    const name = await newDataset();
    await fixture.land(name, await fixture.parquet(hours(0, 10)));
    const code = (window: object) => ({ dataset: name, window: { column: 'at', ...window } });
    await assert.rejects(fixture.ingest(code({ column: 'x' })), { code: 'DATASET_COLUMN_UNKNOWN' });
    await assert.rejects(fixture.ingest(code({ from: 'yesterday' })), { code: 'DATASET_WINDOW_INVALID' });
    await assert.rejects(fixture.ingest(code({ column: 'k', from: 3, to: 2 })), {
      code: 'DATASET_WINDOW_INVALID',
    });
    await assert.rejects(fixture.ingest(code({ from: '2020-01-01' })), { code: 'DATASET_WINDOW_EMPTY' });
  });

  it('removes rows that are equal in every column, and counts them', async () => {
    const name = await newDataset();
    await fixture.land(name, 'a,b\n1,x\n1,x\n1,y\n1,x\n,\n,\n');
    const result = await fixture.ingest({ dataset: name, deduplicate: true });
    assert.deepEqual([result.rowsRead, result.duplicatesRemoved, result.rowsOutsideWindow], [6, 3, 0]);
  });

  it('names the column in which two files differ', async () => {
    const name = await newDataset();
    await fixture.land(name, 'a,b\n1,x\n', 'january.csv');
    await fixture.land(name, 'a,b\nnone,x\n', 'february.csv');
    await assert.rejects(fixture.ingest({ dataset: name }), {
      code: 'DATASET_SCHEMA_MISMATCH',
      message: 'The column a is VARCHAR in february.csv, but BIGINT in january.csv.',
    });
    const other = await newDataset();
    await fixture.land(other, 'a,b\n1,x\n', 'january.csv');
    await fixture.land(other, 'a\n1\n', 'february.csv');
    await assert.rejects(fixture.ingest({ dataset: other }), /column b is missing in february/);
  });

  it('lets whole numbers and decimals of CSV files meet', async () => {
    const name = await newDataset();
    await fixture.land(name, 'a\n1\n');
    await fixture.land(name, 'a\n1.5\n');
    const result = await fixture.ingest({ dataset: name });
    const { columns } = await fixture.datasets.open('ws_1', result.versionId ?? '');
    assert.equal(columns[0]?.type, 'DOUBLE');
  });

  it('wants files, and files of its own', async () => {
    const [name, other] = [await newDataset(), await newDataset()];
    await assert.rejects(fixture.ingest({ dataset: name }), { code: 'DATASET_NO_FILES' });
    const foreign = await fixture.land(other, 'a\n1\n');
    await assert.rejects(fixture.ingest({ dataset: name, files: [foreign.id] }), {
      code: 'DATASET_FILE_NOT_FOUND',
    });
    await assert.rejects(fixture.ingest({ dataset: 'nowhere' }), { code: 'DATASET_NOT_FOUND' });
  });

  describe('under a contract', () => {
    const contract = (maximum: number) =>
      contractOf({
        properties: [
          { name: 'at', logicalType: 'timestamp', required: true },
          { name: 'n', logicalType: 'integer', logicalTypeOptions: { minimum: 0, maximum } },
        ],
      });

    it('makes a version of data that keeps it, and links the two', async () => {
      const name = await newDataset();
      const { id } = await fixture.saveContract(name, contract(10));
      await fixture.land(name, await fixture.parquet(hours(0, 50)));
      const result = await fixture.ingest({ dataset: name });
      const run = await existingValidationRun(fixture.sql, 'ws_1', result.validationRunId ?? '');
      assert.deepEqual(
        [run.versionId, run.validation.outcome, run.contractVersion],
        [result.versionId, 'passed', 1],
      );
      const node = { kind: 'dataset-version', id: result.versionId ?? '' } as const;
      const graph = await fixture.lineage.upstream('ws_1', node);
      assert.ok(graph.nodes.some((found) => found.kind === 'contract' && found.id === id));
    });

    it('makes none of data that breaks it, and keeps the findings alone', async () => {
      const name = await newDataset();
      await fixture.saveContract(name, contract(5));
      await fixture.land(name, await fixture.parquet(hours(0, 70)));
      const before = readdirSync(join(fixture.blobDirectory, 'sha256')).length;
      const result = await fixture.ingest({ dataset: name });
      assert.deepEqual([result.outcome, result.versionId], ['refused', undefined]);
      const { validation } = await existingValidationRun(fixture.sql, 'ws_1', result.validationRunId ?? '');
      assert.equal(validation.failingRows, 10);
      assert.equal(validation.sample.length, 10);
      assert.equal(readdirSync(join(fixture.blobDirectory, 'sha256')).length, before);
      await untilEventsSettled(fixture.sql);
      const [news] = (await fixture.events.recent('ws_1', { limit: 1 })) ?? [];
      assert.deepEqual(
        [news?.type, news?.payload],
        [
          'dataset-version.refused',
          { validationRunId: result.validationRunId, dataset: name, failingRows: 10 },
        ],
      );
      assert.equal((await fixture.ingest({ dataset: name, contract: 'none' })).outcome, 'created');
    });

    it('shows the contract rows without a time, though they are in no window', async () => {
      const name = await newDataset();
      await fixture.saveContract(name, contract(10));
      await fixture.land(name, 'at,n\n2001-01-01T00:00:00,1\n2001-02-01T00:00:00,1\nlater,1\n');
      const result = await fixture.ingest({ dataset: name, window: { column: 'at', to: '2001-01-15' } });
      const { validation } = await existingValidationRun(fixture.sql, 'ws_1', result.validationRunId ?? '');
      assert.equal(validation.rows, 2);
      assert.equal(validation.checks.find((check) => check.id === 'at.type')?.failingRows, 1);
    });

    it('that was loosened for the data passes, and it shows', async () => {
      const name = await newDataset();
      await fixture.saveContract(name, contract(5));
      const file = await fixture.land(name, await fixture.parquet(hours(0, 70)));
      assert.equal((await fixture.ingest({ dataset: name })).outcome, 'refused');
      await fixture.saveContract(name, contract(6));
      // A third version that changes nothing does not hide the second.
      await fixture.saveContract(name, { ...(contract(6) as object), version: '2.0.0' });
      const result = await fixture.ingest({ dataset: name });
      const validation = await fixture.datasets.validationOf('ws_1', result.versionId ?? '');
      assert.deepEqual(
        [validation?.outcome, validation?.contractVersion, validation?.loosened],
        ['passed', 3, true],
      );
      const { loosened } = (await fixture.datasets.validationOf('ws_1', result.versionId ?? '')) ?? {};
      assert.equal(loosened, true, file.id);
    });

    it('that was loosened before the data came is not held against it', async () => {
      const name = await newDataset();
      await fixture.saveContract(name, contract(5));
      await fixture.saveContract(name, contract(6));
      await fixture.land(name, await fixture.parquet(hours(0, 70)));
      const result = await fixture.ingest({ dataset: name });
      const validation = await fixture.datasets.validationOf('ws_1', result.versionId ?? '');
      assert.deepEqual(
        [validation?.loosened, validation?.schema, validation?.missing, validation?.distribution],
        [false, true, true, true],
      );
    });

    it('never changes: the same document is the same version', async () => {
      const name = await newDataset();
      const first = await fixture.saveContract(name, contract(5));
      assert.deepEqual(await fixture.saveContract(name, contract(5)), first);
      assert.equal((await fixture.saveContract(name, contract(6))).version, 2);
      await assert.rejects(fixture.saveContract(name, contractOf({ colour: 'red' })), {
        code: 'CONTRACT_INVALID',
      });
      const query = { type: 'sql', query: `SELECT count(*) FROM '/etc/passwd'`, mustBe: 0 };
      await assert.rejects(fixture.saveContract(name, contractOf({ quality: [query] })), /may not read/);
    });

    it('can judge a version again', async () => {
      const name = await newDataset();
      await fixture.land(name, await fixture.parquet(hours(0, 70)));
      const { versionId = '' } = await fixture.ingest({ dataset: name });
      assert.equal(await fixture.datasets.validationOf('ws_1', versionId), undefined);
      await assert.rejects(fixture.datasets.validate(ana, { versionId }), { code: 'CONTRACT_NOT_FOUND' });
      await fixture.saveContract(name, contract(5));
      const run = await fixture.datasets.validate(ana, { versionId });
      assert.equal(run.validation.outcome, 'refused');
      assert.equal((await fixture.datasets.validationOf('ws_1', versionId))?.outcome, 'refused');
    });
  });
});
