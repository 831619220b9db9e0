import { setImmediate as turn } from 'node:timers/promises';
import { esteiraError } from '../kernel/errors.ts';
import type { Page } from '../kernel/paging.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { type EntryKeys, noPoint, pointFields } from './metric-points.ts';
import type { MetricTables } from './metric-store.ts';
import { datasetsOfRuns } from './run-dataset-store.ts';
import type { EntryTables } from './run-entry-store.ts';
import { type ExperimentsOfRuns, experimentsOfRuns, findHeads } from './run-heads.ts';
import { modelsOfRuns } from './run-model-store.ts';
import type { RunDetails, RunRecord } from './run-record.ts';
import type { RunRecordCache } from './run-record-cache.ts';
import type { RunRevision } from './run-revision.ts';
import { type RunSearch, searchRunRevisions } from './run-search.ts';
import { findRunHead } from './run-store.ts';

/** Throws RUN_NOT_FOUND. */
export async function readRun(
  reader: SqlReader,
  workspace: string,
  id: string,
  keys: EntryKeys,
): Promise<RunRecord> {
  const head = await findRunHead(reader, workspace, id);
  const details = head === undefined ? undefined : (await detailsOf(reader, [id], keys)).get(id);
  if (head === undefined || details === undefined) throw esteiraError('RUN_NOT_FOUND', { id });
  return { ...head, ...details };
}

/**
 * A page of runs with all that is kept of them, read of those alone that have changed since they were read for the cache.
 * Throws INVALID_REQUEST for a cursor of another search.
 */
export async function searchRunRecords(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
  keys: EntryKeys,
  cache: RunRecordCache,
): Promise<Page<RunRecord>> {
  const { items: runs, nextCursor } = await searchRunRevisions(reader, workspace, search);
  const experiments = await experimentsOfRuns(reader, runs);
  const found = new Map<string, RunRecord>();
  const unknown: RunRevision[] = [];
  for (const run of runs) {
    const experiment = experiments.get(run.experiment_id);
    const record = experiment === undefined ? undefined : cache.get({ run, experiment, keys });
    if (record === undefined) unknown.push(run);
    else found.set(run.id, record);
  }
  // After the revisions: newer than they say is right, older would not be.
  for (let start = 0; start < unknown.length; start += runsPerQuery) {
    // Others are served between.
    if (start > 0) await turn();
    const chunk = unknown.slice(start, start + runsPerQuery);
    const records = await recordsOf(
      reader,
      chunk.map(({ id }) => id),
      keys,
      experiments,
    );
    for (const run of chunk) {
      const record = records.get(run.id);
      const experiment = experiments.get(run.experiment_id);
      // Purged meanwhile.
      if (record === undefined || experiment === undefined) continue;
      cache.keep({ run, experiment, keys }, record);
      found.set(run.id, record);
    }
  }
  const items = runs.flatMap(({ id }) => found.get(id) ?? []);
  return { items, ...(nextCursor === undefined ? {} : { nextCursor }) };
}

// Bounds what one statement holds at a time: some megabytes.
const runsPerQuery = 1000;
const noModels = { inputs: [], outputs: [] };

async function recordsOf(
  reader: SqlReader,
  ids: readonly string[],
  keys: EntryKeys,
  experiments: ExperimentsOfRuns,
): Promise<ReadonlyMap<string, RunRecord>> {
  const [heads, details] = await Promise.all([
    findHeads(reader, ids, experiments),
    detailsOf(reader, ids, keys),
  ]);
  const records = new Map<string, RunRecord>();
  for (const [id, head] of heads) {
    const own = details.get(id);
    if (own !== undefined) records.set(id, { ...head, ...own });
  }
  return records;
}

async function detailsOf(
  reader: SqlReader,
  ids: readonly string[],
  keys: EntryKeys,
): Promise<ReadonlyMap<string, RunDetails>> {
  const [params, tags, metrics, datasets, models] = await Promise.all([
    entriesOf(reader, 'run_params', ids, keys),
    entriesOf(reader, 'run_tags', ids, keys),
    latestPoints(reader, ids, keys),
    datasetsOfRuns(reader, ids),
    modelsOfRuns(reader, ids),
  ]);
  const details = new Map<string, RunDetails>();
  for (const id of ids) {
    details.set(id, {
      params: params.get(id) ?? '[]',
      tags: tags.get(id) ?? '[]',
      metrics: metrics.get(id) ?? '[]',
      datasets: datasets.get(id) ?? [],
      models: models.get(id) ?? noModels,
    });
  }
  return details;
}

type ListByRun = ReadonlyMap<string, string>;

async function entriesOf(
  reader: SqlReader,
  table: 'run_params' | 'run_tags',
  runIds: readonly string[],
  keys: EntryKeys,
): Promise<ListByRun> {
  const rows = await reader
    .query<EntryTables>()
    .selectFrom((entries) =>
      entries
        .selectFrom(table)
        .select(['run_id', 'name', 'value'])
        .where(reader.isOneOf('run_id', runIds))
        .orderBy('run_id')
        .orderBy('name')
        .as('entries'),
    )
    .select(['run_id', reader.jsonList({ [keys.name]: 'name', [keys.value]: 'value' }).as('list')])
    .groupBy('run_id')
    .execute();
  return new Map(rows.map(({ run_id, list }) => [run_id, list]));
}

async function latestPoints(
  reader: SqlReader,
  runIds: readonly string[],
  keys: EntryKeys,
): Promise<ListByRun> {
  const rows = await reader
    .query<MetricTables>()
    .selectFrom((series) =>
      series
        .selectFrom('metric_series')
        .select(['run_id', 'name', 'value', 'is_nan', 'at', 'step'])
        .where(reader.isOneOf('run_id', runIds))
        .where('is_nan', '!=', noPoint)
        .orderBy('run_id')
        .orderBy('name')
        .as('points'),
    )
    .select(['run_id', reader.jsonList(pointFields(keys)).as('list')])
    .groupBy('run_id')
    .execute();
  return new Map(rows.map(({ run_id, list }) => [run_id, list]));
}
