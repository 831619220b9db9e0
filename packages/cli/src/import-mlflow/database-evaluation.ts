import type { SourceEvaluationDataset, SourceEvaluationRecord, SourceScorer } from './mlflow-source.ts';
import { entriesOf } from './mlflow-words.ts';
import { readPlainJson } from './python-json.ts';
import { type RecordMessage, recordOf } from './rest-evaluation.ts';
import { marks, pairsIn, rowsOf } from './rows-of.ts';
import { type SourceDatabase, type SourceRow, sourceWorkspace } from './source-database.ts';

const recordsPerRead = 1_000;

/** All evaluation datasets with their tags and experiments, by id. */
export async function* readEvaluationDatasets(
  database: SourceDatabase,
): AsyncIterable<SourceEvaluationDataset> {
  const rows = await database.rows(
    'select * from evaluation_datasets where workspace = ? order by dataset_id',
    [sourceWorkspace],
  );
  for (const row of rows) {
    const id = String(row.dataset_id);
    const tags = await rowsOf(database, 'key, value', 'evaluation_dataset_tags', 'dataset_id', [id]);
    const experiments = await database.rows(
      `select destination_id from entity_associations
       where source_type = 'evaluation_dataset' and source_id = ? and destination_type = 'experiment'
       order by destination_id`,
      [id],
    );
    yield {
      id,
      name: String(row.name),
      tags: entriesOf(pairsIn(tags.get(id))),
      experimentKeys: experiments.map(({ destination_id }) => String(destination_id)),
      ...usersOf(row),
      ...timesOf(row),
    };
  }
}

/** The records of a data set in their order, a page at a time. */
export async function* readEvaluationRecords(
  database: SourceDatabase,
  datasetId: string,
): AsyncIterable<readonly SourceEvaluationRecord[]> {
  const columns = ['inputs', 'outputs', 'expectations', 'tags', 'source'];
  let after: readonly [time: number, id: string] | undefined;
  for (;;) {
    const rows = await database.rows(
      `select dataset_record_id, created_time, last_update_time, created_by, last_updated_by,
         ${columns.map((column) => `cast(${column} as text) as ${column}`).join(', ')}
       from evaluation_dataset_records where dataset_id = ?
         ${after === undefined ? '' : 'and (created_time, dataset_record_id) > (?, ?)'}
       order by created_time, dataset_record_id limit ${recordsPerRead}`,
      [datasetId, ...(after ?? [])],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(recordOfRow);
    after = [Number(last.created_time), String(last.dataset_record_id)];
  }
}

/** All versions of one scorer after the other, those of deleted experiments too where they are asked for. */
export async function* readScorers(
  database: SourceDatabase,
  experimentKeys: readonly string[],
): AsyncIterable<SourceScorer> {
  for (const experimentKey of experimentKeys) {
    const scorers = await database.rows(
      'select scorer_id, scorer_name from scorers where experiment_id = ? order by scorer_name',
      [experimentKey],
    );
    const ids = scorers.map(({ scorer_id }) => String(scorer_id));
    const versions = Map.groupBy(
      await database.rows(
        `select scorer_id, scorer_version, serialized_scorer, creation_time from scorer_versions
         where scorer_id in (${marks(ids)}) order by scorer_version`,
        ids,
      ),
      ({ scorer_id }) => String(scorer_id),
    );
    for (const { scorer_id: id, scorer_name: name } of scorers)
      yield {
        experimentKey,
        versions: (versions.get(String(id)) ?? []).map((row) => ({
          scorerId: String(id),
          name: String(name),
          version: Number(row.scorer_version),
          definition: String(row.serialized_scorer),
          createdAt: Number(row.creation_time ?? 0),
        })),
      };
  }
}

function recordOfRow(row: SourceRow): SourceEvaluationRecord {
  const outputs = read<{ mlflow_wrapped?: RecordMessage['outputs'] }>(row.outputs);
  return recordOf({
    dataset_record_id: String(row.dataset_record_id),
    inputs: read<RecordMessage['inputs']>(row.inputs) ?? {},
    outputs: outputs?.mlflow_wrapped ?? null,
    expectations: read<RecordMessage['expectations']>(row.expectations) ?? null,
    tags: read<RecordMessage['tags']>(row.tags) ?? {},
    source: read<RecordMessage['source']>(row.source) ?? null,
    ...(row.created_by === null ? {} : { created_by: String(row.created_by) }),
    ...(row.last_updated_by === null ? {} : { last_updated_by: String(row.last_updated_by) }),
    created_time: Number(row.created_time ?? 0),
    last_update_time: Number(row.last_update_time ?? row.created_time ?? 0),
  });
}

function read<Value>(text: SourceRow[string] | undefined): Value | null {
  return text === null || text === undefined ? null : (readPlainJson(String(text)) as Value | null);
}

function usersOf(row: SourceRow): Pick<SourceEvaluationDataset, 'userName' | 'updatedUserName'> {
  return {
    ...(row.created_by === null ? {} : { userName: String(row.created_by) }),
    ...(row.last_updated_by === null ? {} : { updatedUserName: String(row.last_updated_by) }),
  };
}

function timesOf(row: SourceRow): { readonly createdAt: number; readonly updatedAt: number } {
  const createdAt = Number(row.created_time ?? 0);
  return { createdAt, updatedAt: Number(row.last_update_time ?? createdAt) };
}
