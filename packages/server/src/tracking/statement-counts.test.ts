import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createIdGenerator } from '../kernel/ids.ts';
import { createKeptBySize } from '../kernel/kept-by-size.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { countStatements } from '../storage/sql/counted-sql-database.fixture.ts';
import { createBatchWriter } from './batch-writer.ts';
import { createLatestValues } from './latest-values.ts';
import { type PrintedHistories, printedHistory } from './metric-history-pages.ts';
import { createMetricSeries } from './metric-series.ts';
import { createMetricSorter } from './metric-sorter.ts';
import { createRunRecordCache } from './run-record-cache.ts';
import { searchRunRecords } from './run-record-store.ts';
import { searchRunHeads } from './run-search.ts';
import { createRunStarter } from './run-starter.ts';
import { createRunTexts } from './text-search/run-texts.ts';
import { ana, openTracking } from './tracking.fixture.ts';

it('the points of many callers take one statement, whatever their number', async () => {
  const { sql, clock, runIds, counted, statements, close } = await openCounted(16);
  const ids = createIdGenerator({ clock, random: systemRandom });
  const series = createMetricSeries({ clock, ids });
  const latest = createLatestValues({ sql, ids });
  const write = createBatchWriter({
    sql: counted,
    series,
    sorter: createMetricSorter({ sql, series, latest }),
    texts: createRunTexts({ sql, ids }),
    writeAlone: async () => assert.fail('the group was not written'),
  });
  const names = Array.from({ length: 10 }, (_, index) => `m${index}`);
  const logAll = (step: number) => {
    const points = names.map((name) => ({ name, value: step, step, at: step }));
    const batch = { params: new Map(), tags: new Map(), points, modelMetrics: [] };
    return Promise.all(runIds.map((runId) => write(ana, runId, batch)));
  };
  await logAll(1);
  statements.splice(0);
  await logAll(2);
  assert.deepEqual(statements, ['RawNode']);
  await close();
});

it('runs that are begun together take two statements once their experiment is known, whatever their number', async () => {
  const { sql, clock, counted, statements, close, experimentNumber } = await openCounted(1);
  const ids = createIdGenerator({ clock, random: systemRandom });
  const begin = createRunStarter({ sql: counted, ids, texts: createRunTexts({ sql, ids }) });
  const run = { experimentNumber, name: 'together', note: '', tags: { host: 'a', user: 'ana' } };
  await begin(ana, { ...run, id: 'run_first', startedAt: 0 });
  assert.deepEqual(statements, ['SelectQueryNode', 'rows', 'rows']);
  statements.splice(0);
  const together = Array.from({ length: 20 }, (_, index) => ({
    ...run,
    id: `run_${index}`,
    startedAt: index,
  }));
  await Promise.all(together.map((each) => begin(ana, each)));
  assert.deepEqual(statements, ['rows', 'rows']);
  await close();
});

it('a run of an experiment that was deleted after runs were begun in it is refused, until it is restored', async () => {
  const { sql, clock, tracking, close } = await openTracking();
  const ids = createIdGenerator({ clock, random: systemRandom });
  const begin = createRunStarter({ sql, ids, texts: createRunTexts({ sql, ids }) });
  const [lost, kept] = await Promise.all(
    ['lost', 'kept'].map((name) => tracking.createExperiment(ana, { name, note: '' })),
  );
  const beginIn = (experiment: typeof lost, id: string) =>
    begin(ana, {
      id,
      experimentNumber: experiment?.number ?? -1,
      name: id,
      note: '',
      startedAt: 1,
      tags: {},
    });
  await Promise.all([beginIn(lost, 'run_a'), beginIn(kept, 'run_b')]);
  await tracking.deleteExperiment(ana, lost?.id ?? '');
  for (const turn of ['c', 'd']) {
    const [refused, begun] = await Promise.allSettled([
      beginIn(lost, `run_lost_${turn}`),
      beginIn(kept, `run_kept_${turn}`),
    ]);
    assert.equal(refused.status === 'rejected' && refused.reason.code, 'EXPERIMENT_DELETED');
    assert.equal(begun.status, 'fulfilled');
  }
  await tracking.restoreExperiment(ana, lost?.id ?? '');
  assert.equal((await beginIn(lost, 'run_e')).experiment, 'lost');
  const { items } = await searchRunHeads(sql, ana.workspace, {
    conditions: [],
    orders: [],
    lifecycle: 'all',
    limit: 10,
  });
  assert.deepEqual(items.map(({ id }) => id).sort(), ['run_a', 'run_b', 'run_e', 'run_kept_c', 'run_kept_d']);
  await close();
});

it('a page of runs with all that is kept of them takes as many statements as one of a single run, and two once they are known', async () => {
  const { counted, statements, tracking, runIds, close } = await openCounted(40);
  const keys = { name: 'key', value: 'value', at: 'timestamp', step: 'step' };
  const cache = createRunRecordCache({ mostCharacters: 1_000_000 });
  const count = async (limit: number) => {
    statements.splice(0);
    const search = { conditions: [], orders: [], lifecycle: 'active', limit } as const;
    const { items } = await searchRunRecords(counted, ana.workspace, search, keys, cache);
    assert.equal(items.length, limit);
    return statements.length;
  };
  assert.deepEqual([await count(1), await count(40), await count(40)], [8, 8, 2]);
  await tracking.log(ana, runIds[0] ?? '', { params: { lr: 0.1 } });
  assert.deepEqual([await count(40), await count(40)], [8, 2]);
  await tracking.texts.settle();
  assert.deepEqual([await count(40), await count(40)], [8, 2]);
  await close();
});

it('a history takes two statements once it is known, though its points wait to be sorted in', async () => {
  const { counted, statements, tracking, runIds, close } = await openCounted(1);
  const [runId = ''] = runIds;
  const log = (steps: readonly number[]) =>
    tracking.log(ana, runId, {
      metrics: steps.map((step) => ({ name: 'loss', value: 1 / step, step, at: step })),
    });
  const keys = { name: 'key', value: 'value', at: 'timestamp', step: 'step' };
  const printed: PrintedHistories = createKeptBySize({ most: 100_000, mostOfOne: 100_000 });
  const read = async (limit: number) => {
    statements.splice(0);
    const page = await printedHistory(
      counted,
      ana.workspace,
      runId,
      'loss',
      { limit, cursor: undefined },
      keys,
      printed,
    );
    return [statements.length, 'list' in page ? JSON.parse(page.list).length : page.items.length];
  };
  await log([1, 2, 3]);
  assert.deepEqual(
    [await read(10), await read(10), await read(2)],
    [
      [4, 3],
      [2, 3],
      [4, 2],
    ],
  );
  await log([4]);
  assert.deepEqual(
    [await read(10), await read(10)],
    [
      [4, 4],
      [2, 4],
    ],
  );
  await close();
});

async function openCounted(runs: number) {
  const { sql, clock, tracking, close } = await openTracking();
  const names = Array.from({ length: runs }, (_, index) => `run-${index}`);
  const heads = await Promise.all(
    names.map((name) => tracking.startRun(ana, { experiment: 'flights', name })),
  );
  return {
    ...countStatements(sql),
    sql,
    clock,
    tracking,
    runIds: heads.map(({ id }) => id),
    experimentNumber: heads[0]?.experimentNumber ?? 0,
    close,
  };
}
