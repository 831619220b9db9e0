import { sql } from 'kysely';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import type { RunHead } from './run.ts';
import {
  type ExperimentOfRun,
  experimentColumns,
  type RunRow,
  type RunTables,
  toRunHead,
} from './run-store.ts';

/** What is selected of `runs` to read heads. */
export const headColumns = sql.join(
  [
    'id',
    'experiment_id',
    'project',
    'name',
    'parent_run_id',
    'status',
    'source',
    'note',
    'created_by',
    'user_name',
    'started_at',
    'finished_at',
    'deleted_at',
  ].map((column) => sql.ref(`runs.${column}`)),
);

/** Experiments by id. Those of a page of runs are few and asked for once, not told again with each run. */
export type ExperimentsOfRuns = ReadonlyMap<string, ExperimentOfRun>;

export async function experimentsOfRuns(
  reader: SqlReader,
  rows: readonly { readonly experiment_id: string }[],
): Promise<ExperimentsOfRuns> {
  const ids = [...new Set(rows.map((row) => row.experiment_id))];
  if (ids.length === 0) return new Map();
  const found = await reader
    .query<RunTables>()
    .selectFrom('experiments')
    .select(['id', ...experimentColumns])
    .where('id', 'in', ids)
    .execute();
  return new Map(found.map((row) => [row.id, row]));
}

/** Reads heads from rows. */
export async function headReader(
  reader: SqlReader,
  rows: readonly RunRow[],
): Promise<(row: RunRow) => RunHead> {
  const experiments = await experimentsOfRuns(reader, rows);
  return (row) => {
    const experiment = experiments.get(row.experiment_id);
    if (experiment === undefined) throw new Error(`The run ${row.id} has no experiment.`);
    return toRunHead(row, experiment);
  };
}

/** Heads by id; none of runs that are not there any more. */
export async function findHeads(
  reader: SqlReader,
  ids: readonly string[],
  experiments: ExperimentsOfRuns,
): Promise<ReadonlyMap<string, RunHead>> {
  const { rows } = await sql<RunRow>`
    select ${headColumns} from runs where ${reader.isOneOf('id', ids)}`.execute(reader.query());
  const heads = new Map<string, RunHead>();
  for (const row of rows) {
    const experiment = experiments.get(row.experiment_id);
    if (experiment !== undefined) heads.set(row.id, toRunHead(row, experiment));
  }
  return heads;
}
