import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ana, type DatasetsFixture, openDatasets } from '../datasets.fixture.ts';
import type { SplitRequest } from './split-record.ts';

const recipe: SplitRequest = { method: 'time', timeColumn: 'at', trainUntil: '2001-01-03', seed: 7 };

describe('a split', () => {
  let fixture: DatasetsFixture;
  let count = 0;

  before(async () => {
    fixture = await openDatasets();
  });
  after(() => fixture.close());

  // Four days of 1,000 rows.
  const rows = (
    order = '',
  ) => `SELECT TIMESTAMP '2001-01-01' + (i // 1000) * INTERVAL 1 DAY + (i % 1000) * INTERVAL 1 MINUTE AS at,
    i AS id, i % 10 AS k FROM range(4000) r(i) ${order}`;

  async function newVersion(select: string): Promise<string> {
    const name = `rows-${++count}`;
    await fixture.datasets.create(ana, { name, description: '' });
    await fixture.land(name, await fixture.parquet(select));
    return (await fixture.ingest({ dataset: name })).versionId ?? '';
  }

  async function read(splitId: string) {
    const { parts } = await fixture.datasets.openSplit('ws_1', splitId);
    const ids = new Map<string, readonly number[]>();
    for (const [name, part] of Object.entries(parts)) {
      if (part === undefined) continue;
      const found = await fixture.tables.query(`SELECT id FROM ${part.from}`);
      assert.equal(found.length, part.rows);
      ids.set(
        name,
        found.map((row) => Number(row.id)),
      );
    }
    return ids;
  }

  it('gives each part exactly the rows of its time', async () => {
    const split = await fixture.datasets.split(ana, await newVersion(rows()), {
      ...recipe,
      trainFrom: '2001-01-02',
      testUntil: '2001-01-04',
    });
    const parts = await read(split.id);
    assert.deepEqual(
      parts.get('train'),
      Array.from({ length: 1000 }, (_, index) => 1000 + index),
    );
    assert.deepEqual(
      parts.get('test'),
      Array.from({ length: 1000 }, (_, index) => 2000 + index),
    );
    assert.deepEqual(split.leakage, { sharedRows: 0, timeOverlap: false, groupOverlap: null });
  });

  it('gives validation the latest share of the training rows', async () => {
    const split = await fixture.datasets.split(ana, await newVersion(rows()), {
      ...recipe,
      validationShare: 0.25,
    });
    const parts = await read(split.id);
    assert.deepEqual([parts.get('train')?.length, parts.get('validation')?.length], [1500, 500]);
    assert.ok(Math.max(...(parts.get('train') ?? [])) < Math.min(...(parts.get('validation') ?? [])));
  });

  it('draws the same rows whatever their order, and others by another seed', async () => {
    const drawn = { ...recipe, trainRows: 600, testRows: 100, validationShare: 0.2 };
    const first = await fixture.datasets.split(ana, await newVersion(rows()), drawn);
    const parts = await read(first.id);
    assert.deepEqual(
      [...parts].map(([name, ids]) => [name, ids.length]),
      [
        ['train', 480],
        ['validation', 120],
        ['test', 100],
      ],
    );
    for (const ids of parts.values())
      assert.deepEqual(
        ids,
        [...ids].sort((a, b) => a - b),
      );
    const shuffled = await fixture.datasets.split(
      ana,
      await newVersion(rows('ORDER BY md5(i::VARCHAR)')),
      drawn,
    );
    assert.equal(shuffled.parts.train.digest, first.parts.train.digest);
    assert.equal(shuffled.digest, first.digest);
    const reseeded = await fixture.datasets.split(ana, first.datasetVersionId, { ...drawn, seed: 8 });
    assert.notEqual(reseeded.parts.train.digest, first.parts.train.digest);
  });

  it('is the one that was there when it is asked for again', async () => {
    const version = await newVersion(rows());
    const first = await fixture.datasets.split(ana, version, recipe);
    const again = await fixture.datasets.split(ana, version, { ...recipe, trainUntil: Date.UTC(2001, 0, 3) });
    assert.deepEqual(again, first);
  });

  it('counts rows of the test part that were trained on, and groups in both', async () => {
    const twice = `SELECT TIMESTAMP '2001-01-01' AS at, 1 AS id, 1 AS k UNION ALL
      SELECT TIMESTAMP '2001-01-05', 2, 1 UNION ALL SELECT TIMESTAMP '2001-01-05', 3, 2`;
    const split = await fixture.datasets.split(ana, await newVersion(twice), {
      ...recipe,
      groupColumns: ['k'],
    });
    assert.deepEqual(split.leakage, { sharedRows: 0, timeOverlap: false, groupOverlap: 1 });
  });

  it('leaves rows without a time out, and says how many', async () => {
    const some = `SELECT * FROM (${rows()}) UNION ALL SELECT NULL, -1, 0 UNION ALL SELECT NULL, -2, 0`;
    const split = await fixture.datasets.split(ana, await newVersion(some), recipe);
    assert.equal(split.rowsWithoutTime, 2);
    const ids = [...(await read(split.id)).values()].flat();
    assert.ok(ids.every((id) => id >= 0));
  });

  it('refuses what would leak, be empty, or is no time', async () => {
    const version = await newVersion(rows());
    const refused = (change: Partial<SplitRequest>, code: string) =>
      assert.rejects(fixture.datasets.split(ana, version, { ...recipe, ...change }), { code });
    await refused({ testFrom: '2001-01-02' }, 'SPLIT_OVERLAPS');
    await refused({ trainUntil: '2020-01-01' }, 'SPLIT_PART_EMPTY');
    await refused({ timeColumn: 'id' }, 'DATASET_COLUMN_NOT_TEMPORAL');
    await refused({ timeColumn: 'when' }, 'DATASET_COLUMN_UNKNOWN');
    await refused({ trainUntil: 'soon' }, 'DATASET_WINDOW_INVALID');
    await refused({ trainFrom: '2001-01-05' }, 'DATASET_WINDOW_INVALID');
  });
});
