import type { ImportedSeries } from '@esteira/contracts';
import { openArtifactFolder } from './artifact-folder.ts';
import { readEvaluationDatasets, readEvaluationRecords, readScorers } from './database-evaluation.ts';
import { readIssues } from './database-issues.ts';
import { readRegisteredModels } from './database-registry.ts';
import { readLoggedModels, readRuns } from './database-runs.ts';
import { readTraceLinks, readTraces } from './database-traces.ts';
import { readWebhooks } from './database-webhooks.ts';
import type { MlflowSource, SourceRun } from './mlflow-source.ts';
import { entriesOf, experimentNumber, metricValue, wordsOfExperiment } from './mlflow-words.ts';
import {
  openSourceDatabase,
  type SourceDatabase,
  type SourceRow,
  sourceWorkspace,
} from './source-database.ts';

/** An MLflow by its database and the folder of its artifacts. `now` is when deleted things were that say no time. */
export async function openDatabaseSource(
  address: string,
  artifactRoot: string,
  now: number,
): Promise<MlflowSource> {
  const folder = await openArtifactFolder(artifactRoot);
  const database = await openSourceDatabase(address);
  return {
    experiments: () => readExperiments(database),
    runs: () => readRuns(database, now),
    countPoints: (runs) => countPoints(database, runs),
    points: (runs) => readPoints(database, runs),
    loggedModels: () => readLoggedModels(database),
    models: () => readRegisteredModels(database),
    traces: (experimentKey) => readTraces(database, folder, experimentKey),
    traceLinks: () => readTraceLinks(database),
    evaluationDatasets: () => readEvaluationDatasets(database),
    evaluationRecords: (datasetId) => readEvaluationRecords(database, datasetId),
    scorers: (experimentKeys) => readScorers(database, experimentKeys),
    issues: () => readIssues(database),
    webhooks: () => readWebhooks(database),
    files: (owner) => folder.files(owner),
    read: (owner, path) => folder.read(owner, path),
    close: () => database.close(),
  };
}

async function readExperiments(database: SourceDatabase) {
  const rows = await database.rows(
    `select experiment_id, name, lifecycle_stage, creation_time, last_update_time from experiments
     where workspace = ? order by experiment_id`,
    [sourceWorkspace],
  );
  const tags = Map.groupBy(
    await database.rows('select experiment_id, key, value from experiment_tags'),
    ({ experiment_id }) => experiment_id,
  );
  return rows.map((row) => {
    const key = String(row.experiment_id);
    const own = (tags.get(row.experiment_id ?? null) ?? []).map(({ key: name, value }) => ({
      key: String(name),
      value: String(value ?? ''),
    }));
    const createdAt = Number(row.creation_time ?? 0);
    const updatedAt = Number(row.last_update_time ?? createdAt);
    return {
      key,
      name: String(row.name),
      ...experimentNumber(key),
      createdAt,
      updatedAt,
      ...(row.lifecycle_stage === 'deleted' ? { deletedAt: updatedAt } : {}),
      ...wordsOfExperiment(entriesOf(own)),
    };
  });
}

async function countPoints(
  database: SourceDatabase,
  runs: readonly SourceRun[],
): Promise<ReadonlyMap<string, number>> {
  if (runs.length === 0) return new Map();
  const rows = await database.rows(
    `select run_uuid, count(*) as count from metrics where run_uuid in (${runs.map(() => '?').join(', ')})
     group by run_uuid`,
    runs.map(({ id }) => id),
  );
  return new Map(rows.map(({ run_uuid, count }) => [String(run_uuid), Number(count)]));
}

const pointsPerRead = 25_000;

/** Many short histories by one statement, long ones a page at a time. */
async function* readPoints(
  database: SourceDatabase,
  runs: readonly SourceRun[],
): AsyncIterable<ImportedSeries> {
  const counts = await countPoints(database, runs);
  let together: SourceRun[] = [];
  let points = 0;
  for (const run of runs) {
    const count = counts.get(run.id) ?? 0;
    if (count > pointsPerRead) {
      yield* readLongHistory(database, run);
      continue;
    }
    if (points + count > pointsPerRead) {
      yield* readTogether(database, together);
      together = [];
      points = 0;
    }
    together.push(run);
    points += count;
  }
  yield* readTogether(database, together);
}

const pointColumns = 'key, value, timestamp, step, cast(is_nan as integer) as nan';

async function* readTogether(
  database: SourceDatabase,
  runs: readonly SourceRun[],
): AsyncIterable<ImportedSeries> {
  if (runs.length === 0) return;
  const rows = await database.rows(
    `select run_uuid, ${pointColumns} from metrics
     where run_uuid in (${runs.map(() => '?').join(', ')})`,
    runs.map(({ id }) => id),
  );
  for (const [runId, own] of Map.groupBy(rows, ({ run_uuid }) => String(run_uuid)))
    for (const [name, points] of Map.groupBy(own, ({ key }) => String(key)))
      yield { runId, name, points: points.map(toPoint) };
}

async function* readLongHistory(database: SourceDatabase, run: SourceRun): AsyncIterable<ImportedSeries> {
  const names = await database.rows('select distinct key from metrics where run_uuid = ?', [run.id]);
  for (const { key } of names) {
    const name = String(key);
    let after: readonly number[] | undefined;
    for (;;) {
      const rows = await database.rows(
        `select ${pointColumns} from metrics where run_uuid = ? and key = ?
         ${after === undefined ? '' : 'and (timestamp, step, value, cast(is_nan as integer)) > (?, ?, ?, ?)'}
         order by timestamp, step, value, cast(is_nan as integer) limit ${pointsPerRead}`,
        [run.id, name, ...(after ?? [])],
      );
      if (rows.length > 0) yield { runId: run.id, name, points: rows.map(toPoint) };
      const last = rows.at(-1);
      if (last === undefined || rows.length < pointsPerRead) break;
      after = [last.timestamp, last.step, last.value, last.nan].map(Number);
    }
  }
}

function toPoint({ value, timestamp, step, nan }: SourceRow): ImportedSeries['points'][number] {
  return [Number(step), Number(timestamp), Number(nan) === 1 ? 'NaN' : metricValue(Number(value))];
}
