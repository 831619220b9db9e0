import { esteiraError } from '../kernel/errors.ts';
import type { Page } from '../kernel/paging.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { noPoint } from './metric-points.ts';
import type { MetricTables } from './metric-store.ts';
import type { MetricPoint } from './metric-value.ts';
import type { DatasetInput, RunHead } from './run.ts';
import { datasetsOfRuns } from './run-dataset-store.ts';
import { byRun, type Entry, entriesInOrder } from './run-entry-store.ts';
import { modelsOfRuns, type RunModels } from './run-model-store.ts';
import { type RunSearch, searchRunHeads } from './run-search.ts';
import { findRunHead } from './run-store.ts';

/** All that is kept of a run but its files and the histories of its metrics. Entries are in the order of their names. */
export interface RunRecord extends RunHead {
  readonly params: readonly Entry[];
  readonly tags: readonly Entry[];
  /** The latest points. */
  readonly metrics: readonly MetricPoint[];
  readonly datasets: readonly DatasetInput[];
  readonly models: RunModels;
}

/** Throws RUN_NOT_FOUND. */
export async function readRun(reader: SqlReader, workspace: string, id: string): Promise<RunRecord> {
  const head = await findRunHead(reader, workspace, id);
  const [record] = head === undefined ? [] : await recordsOf(reader, [head]);
  if (record === undefined) throw esteiraError('RUN_NOT_FOUND', { id });
  return record;
}

/** A page of runs with all that is kept of them. Throws INVALID_REQUEST for a cursor of another search. */
export async function searchRunRecords(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
): Promise<Page<RunRecord>> {
  const { items, nextCursor } = await searchRunHeads(reader, workspace, search);
  const records = await recordsOf(reader, items);
  return { items: records, ...(nextCursor === undefined ? {} : { nextCursor }) };
}

// Engines bound the number of parameters of one statement.
const runsPerQuery = 1000;
const nothing = { inputs: [], outputs: [] };

async function recordsOf(reader: SqlReader, heads: readonly RunHead[]): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for (let start = 0; start < heads.length; start += runsPerQuery) {
    const chunk = heads.slice(start, start + runsPerQuery);
    const ids = chunk.map(({ id }) => id);
    const [params, tags, metrics, datasets, models] = await Promise.all([
      entriesInOrder(reader, 'run_params', ids),
      entriesInOrder(reader, 'run_tags', ids),
      latestPoints(reader, ids),
      datasetsOfRuns(reader, ids),
      modelsOfRuns(reader, ids),
    ]);
    for (const head of chunk) {
      records.push({
        ...head,
        params: params.get(head.id) ?? [],
        tags: tags.get(head.id) ?? [],
        metrics: metrics.get(head.id) ?? [],
        datasets: datasets.get(head.id) ?? [],
        models: models.get(head.id) ?? nothing,
      });
    }
  }
  return records;
}

async function latestPoints(
  reader: SqlReader,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly MetricPoint[]>> {
  const rows = await reader
    .query<MetricTables>()
    .selectFrom('metric_series')
    .select(['run_id', 'name', 'step', 'at', 'value', 'is_nan'])
    .where(reader.isOneOf('run_id', runIds))
    .where('is_nan', '!=', noPoint)
    .orderBy('run_id')
    .orderBy('name')
    .execute();
  return byRun(rows, ({ name, step, at, value, is_nan }) => ({
    name,
    step,
    at,
    value: is_nan === 1 ? Number.NaN : value,
  }));
}
