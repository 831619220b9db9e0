import { esteiraError } from '../kernel/errors.ts';
import type { Page } from '../kernel/paging.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { type EntryKeys, noPoint, pointFields } from './metric-points.ts';
import type { MetricTables } from './metric-store.ts';
import type { DatasetInput, RunHead } from './run.ts';
import { datasetsOfRuns } from './run-dataset-store.ts';
import type { EntryTables } from './run-entry-store.ts';
import { modelsOfRuns, type RunModels } from './run-model-store.ts';
import { type RunSearch, searchRunHeads } from './run-search.ts';
import { findRunHead } from './run-store.ts';

/**
 * All that is kept of a run but its files and the histories of its metrics. Entries are the text of a JSON list in the order
 * of their names: a page of runs has ten thousand of them, which are printed where they lie.
 */
export interface RunRecord extends RunHead {
  readonly params: string;
  readonly tags: string;
  /** The latest points. */
  readonly metrics: string;
  readonly datasets: readonly DatasetInput[];
  readonly models: RunModels;
}

/** Throws RUN_NOT_FOUND. */
export async function readRun(
  reader: SqlReader,
  workspace: string,
  id: string,
  keys: EntryKeys,
): Promise<RunRecord> {
  const head = await findRunHead(reader, workspace, id);
  const [record] = head === undefined ? [] : await recordsOf(reader, [head], keys);
  if (record === undefined) throw esteiraError('RUN_NOT_FOUND', { id });
  return record;
}

/** A page of runs with all that is kept of them. Throws INVALID_REQUEST for a cursor of another search. */
export async function searchRunRecords(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
  keys: EntryKeys,
): Promise<Page<RunRecord>> {
  const { items, nextCursor } = await searchRunHeads(reader, workspace, search);
  const records = await recordsOf(reader, items, keys);
  return { items: records, ...(nextCursor === undefined ? {} : { nextCursor }) };
}

// Bounds what one statement holds at a time: some megabytes.
const runsPerQuery = 1000;
const nothing = { inputs: [], outputs: [] };

async function recordsOf(
  reader: SqlReader,
  heads: readonly RunHead[],
  keys: EntryKeys,
): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for (let start = 0; start < heads.length; start += runsPerQuery) {
    const chunk = heads.slice(start, start + runsPerQuery);
    const ids = chunk.map(({ id }) => id);
    const [params, tags, metrics, datasets, models] = await Promise.all([
      entriesOf(reader, 'run_params', ids, keys),
      entriesOf(reader, 'run_tags', ids, keys),
      latestPoints(reader, ids, keys),
      datasetsOfRuns(reader, ids),
      modelsOfRuns(reader, ids),
    ]);
    for (const head of chunk) {
      records.push({
        ...head,
        params: params.get(head.id) ?? '[]',
        tags: tags.get(head.id) ?? '[]',
        metrics: metrics.get(head.id) ?? '[]',
        datasets: datasets.get(head.id) ?? [],
        models: models.get(head.id) ?? nothing,
      });
    }
  }
  return records;
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
