import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import { insertReport, listReports } from './report-store.ts';

const sql = await openTestDatabase();

after(() => sql.close());

await sql.transaction(async (tx) => {
  const about = { endpoint: 'churn', modelVersionId: 'mv_1' };
  await insertReport(tx, 'ws_1', { kind: 'benchmark', ...about, document: { id: 'bm_1', at: 1 } });
  await insertReport(tx, 'ws_1', { kind: 'rollback-drill', ...about, document: { id: 'rd_1', at: 2 } });
  await insertReport(tx, 'ws_1', { kind: 'benchmark', ...about, document: { id: 'bm_2', at: 3 } });
  await insertReport(tx, 'ws_1', {
    kind: 'integration-tests',
    modelVersionId: 'mv_2',
    document: { id: 'it_1', at: 3 },
  });
  await insertReport(tx, 'ws_2', { kind: 'benchmark', ...about, document: { id: 'bm_3', at: 9 } });
});

async function ids(filter: Omit<Parameters<typeof listReports>[2], 'limit'>): Promise<readonly string[]> {
  const reports = await listReports(sql, 'ws_1', { ...filter, limit: 10 });
  return reports.map(({ report }) => report.id);
}

test('reports of all kinds come newest first, those of one moment by id, of one workspace alone', async () => {
  assert.deepEqual(await ids({}), ['it_1', 'bm_2', 'rd_1', 'bm_1']);
});

test('a page begins behind the last of the page before, where two are of one moment as well', async () => {
  assert.deepEqual(await ids({ before: [3, 'it_1'] }), ['bm_2', 'rd_1', 'bm_1']);
});

test('reports are narrowed to a kind, an endpoint and a version', async () => {
  assert.deepEqual(await ids({ kind: 'benchmark' }), ['bm_2', 'bm_1']);
  assert.deepEqual(await ids({ modelVersionId: 'mv_2' }), ['it_1']);
  assert.deepEqual(await ids({ kind: 'rollback-drill', endpoint: 'churn' }), ['rd_1']);
  assert.deepEqual(await ids({ endpoint: 'nowhere' }), []);
});
