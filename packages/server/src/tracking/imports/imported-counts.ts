import { sql } from 'kysely';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { RunTables } from '../run-store.ts';

interface Tables extends RunTables {
  logged_models: { id: string; workspace: string; deleted_at: number | null };
}

/** How much there is of a thing, by what is counted. */
export interface Counted {
  readonly id: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** Experiments, runs or logged models that the workspace has, at most 1000, each with how much hangs on it. */
export async function countTracked(
  reader: SqlReader,
  workspace: string,
  kind: 'experiment' | 'run' | 'logged-model',
  ids: readonly string[],
): Promise<readonly Counted[]> {
  if (ids.length === 0) return [];
  const counted = new Map<string, Record<string, number>>();
  for (const { id, deleted } of await headsOf(reader, workspace, kind, ids))
    counted.set(id, deleted ? { deleted: 1 } : {});
  for (const [name, count] of Object.entries(countsOf[kind])) {
    const { rows } = await count([...counted.keys()], workspace).execute(reader.query());
    for (const row of rows) {
      const counts = counted.get(row.id);
      if (counts !== undefined) counts[name] = Number(row.count);
    }
  }
  return Array.from(counted, ([id, counts]) => ({ id, counts }));
}

type Count = (
  ids: readonly string[],
  workspace: string,
) => ReturnType<typeof sql<{ id: string; count: number }>>;

const countsOf: Readonly<Record<'experiment' | 'run' | 'logged-model', Readonly<Record<string, Count>>>> = {
  experiment: { tags: rowsBy('experiment_tags', 'experiment_id') },
  run: {
    params: rowsBy('run_params', 'run_id'),
    tags: rowsBy('run_tags', 'run_id'),
    metrics: rowsBy('metric_series', 'run_id'),
    points: (ids) => sql`
      select run_id as id, count(*) as count
      from metric_series inner join metric_points on metric_points.series_id = metric_series.id
      where run_id in (${list(ids)}) group by run_id`,
    datasets: rowsBy('run_datasets', 'run_id'),
    models: rowsBy('run_models', 'run_id'),
    artifacts: filesOf('run'),
  },
  'logged-model': {
    params: rowsBy('logged_model_params', 'model_id'),
    tags: rowsBy('logged_model_tags', 'model_id'),
    metrics: rowsBy('model_metrics', 'model_id'),
    artifacts: filesOf('logged-model'),
  },
};

function rowsBy(table: string, column: string): Count {
  return (ids) => sql`
    select ${sql.ref(column)} as id, count(*) as count from ${sql.table(table)}
    where ${sql.ref(column)} in (${list(ids)}) group by ${sql.ref(column)}`;
}

function filesOf(kind: 'run' | 'logged-model'): Count {
  return (ids, workspace) => sql`
    select owner_id as id, count(*) as count from artifacts
    where workspace = ${workspace} and owner_kind = ${kind} and owner_id in (${list(ids)})
    group by owner_id`;
}

/** Of no ids one that none has: a list in SQL is never empty. */
function list(ids: readonly string[]) {
  return sql.join(ids.length === 0 ? [''] : ids);
}

async function headsOf(
  reader: SqlReader,
  workspace: string,
  kind: 'experiment' | 'run' | 'logged-model',
  ids: readonly string[],
): Promise<readonly { id: string; deleted: boolean }[]> {
  const query = reader.query<Tables>();
  if (kind === 'experiment') {
    const rows = await query
      .selectFrom('experiments')
      .select(['id', 'deleted_at'])
      .where('workspace', '=', workspace)
      .where('id', 'in', ids)
      .execute();
    return rows.map(({ id, deleted_at }) => ({ id, deleted: deleted_at !== null }));
  }
  if (kind === 'logged-model') {
    const rows = await query
      .selectFrom('logged_models')
      .select(['id', 'deleted_at'])
      .where('workspace', '=', workspace)
      .where('id', 'in', ids)
      .execute();
    return rows.map(({ id, deleted_at }) => ({ id, deleted: deleted_at !== null }));
  }
  const rows = await query
    .selectFrom('runs')
    .innerJoin('experiments', 'experiments.id', 'runs.experiment_id')
    .select(['runs.id', 'runs.deleted_at', 'experiments.deleted_at as experiment_deleted_at'])
    .where('runs.workspace', '=', workspace)
    .where('runs.id', 'in', ids)
    .execute();
  return rows.map(({ id, deleted_at, experiment_deleted_at }) => ({
    id,
    deleted: deleted_at !== null || experiment_deleted_at !== null,
  }));
}
