import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { columnOf } from '../column.ts';
import { type DatasetsFixture, openDatasets } from '../datasets.fixture.ts';
import { profileTable, type TableProfile } from './profile-table.ts';

describe('a profile', () => {
  let fixture: DatasetsFixture;

  before(async () => {
    fixture = await openDatasets();
  });
  after(() => fixture.close());

  async function profile(select: string): Promise<TableProfile> {
    const path = join(await fixture.blobs.temporaryDirectory(), 'rows.parquet');
    await writeFile(path, await fixture.parquet(select));
    const described = await fixture.tables.query(`DESCRIBE SELECT * FROM '${path}'`);
    const columns = described.map((row) => columnOf(String(row.column_name), String(row.column_type)));
    return profileTable(fixture.tables, path, columns);
  }

  it('describes numbers, times and texts', async () => {
    const { rows, columns } = await profile(`SELECT
      CASE WHEN i % 10 = 0 THEN NULL ELSE i END AS number,
      TIMESTAMP '2001-01-01' + i * INTERVAL 1 SECOND AS at,
      CASE WHEN i < 700 THEN 'a' WHEN i < 900 THEN 'b' END AS text,
      i % 2 = 0 AS even
      FROM range(1000) r(i)`);
    assert.equal(rows, 1000);
    const [number, at, text, even] = columns;
    assert.deepEqual(
      [number?.count, number?.nulls, number?.min, number?.max, number?.mean],
      [900, 100, 1, 999, 500],
    );
    assert.ok(Math.abs((number?.quantiles?.['0.5'] ?? 0) - 500) < 20);
    assert.equal(number?.histogram?.edges.length, 25);
    assert.equal(
      number.histogram.counts.reduce((sum, n) => sum + n, 0),
      900,
    );
    assert.deepEqual([at?.min, at?.max], [978_307_200_000, 978_307_200_000 + 999_000]);
    assert.deepEqual(text?.topValues, [
      { value: 'a', count: 700 },
      { value: 'b', count: 200 },
    ]);
    assert.deepEqual([text?.nulls, text?.min, text?.max, text?.mean], [100, 'a', 'b', null]);
    assert.equal(even?.topValues.length, 2);
  });

  it('puts every value of a column into the right bin', async () => {
    const { columns } = await profile('SELECT i::DOUBLE AS x FROM range(49) r(i)');
    const histogram = columns[0]?.histogram;
    assert.deepEqual(histogram?.counts, [3, ...Array.from({ length: 23 }, () => 2)]);
  });

  it('stands columns of one value, of nulls alone, and values that are no numbers', async () => {
    const { columns } = await profile(
      `SELECT 7 AS same, NULL::INTEGER AS none, CASE WHEN i = 0 THEN 'nan'::DOUBLE WHEN i < 3 THEN '-inf'::DOUBLE ELSE i END AS odd, [i] AS list FROM range(9) r(i)`,
    );
    assert.deepEqual(columns[0]?.histogram, { edges: [7, 7], counts: [9] });
    assert.deepEqual([columns[1]?.count, columns[1]?.min, columns[1]?.quantiles], [0, null, null]);
    assert.deepEqual([columns[2]?.count, columns[2]?.min, columns[2]?.mean], [9, null, null]);
    assert.equal(columns[3]?.kind, 'array');
    assert.doesNotThrow(() => JSON.stringify(columns));
  });

  it('digests rows as a set with repetitions', async () => {
    const digest = async (select: string) => (await profile(select)).rowsDigest;
    const rows = await digest(`SELECT * FROM (VALUES (1, 'a'), (2, NULL), (2, NULL)) t(x, y)`);
    assert.equal(await digest(`SELECT * FROM (VALUES (2, NULL), (1, 'a'), (2, NULL)) t(x, y)`), rows);
    for (const other of [
      `SELECT * FROM (VALUES (1, 'a'), (2, NULL)) t(x, y)`,
      `SELECT * FROM (VALUES (1, 'a'), (1, 'a'), (2, NULL)) t(x, y)`,
      `SELECT * FROM (VALUES (1, 'a'), (2, ''), (2, NULL)) t(x, y)`,
      `SELECT * FROM (VALUES (1, 'a'), (2, NULL), (2, NULL)) t(x, z)`,
      `SELECT x::BIGINT AS x, y FROM (VALUES (1, 'a'), (2, NULL), (2, NULL)) t(x, y)`,
    ]) {
      assert.notEqual(await digest(other), rows, other);
    }
  });
});
