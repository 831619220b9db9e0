import type { RunSource } from '@esteira/contracts';
import type { BlobReference, Removable, RemovableThing, RoomRetention } from '../governance/index.ts';
import { inPages } from '../kernel/in-pages.ts';
import { behindKey } from '../storage/sql/behind-key.ts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface Tables {
  experiments: { id: string; name: string };
  runs: {
    id: string;
    workspace: string;
    experiment_id: string;
    project: string | null;
    source: string;
    finished_at: number | null;
    deleted_at: number | null;
  };
  run_artifacts: { run_id: string; path: string; digest: string; size: number; created_at: number };
  run_params: { run_id: string };
  run_tags: { run_id: string };
  run_references: { run_id: string };
  metric_series: { id: number; run_id: string };
  metric_points: { series_id: number };
}

const pageSize = 500;

/** Files of runs and the differences of their code; runs and files can be removed. */
export const trackingRetention: RoomRetention = {
  columns: ['run_artifacts.digest', 'runs.source'],
  references,
  removable: [runs('runs', 'finished_at'), runs('deleted-runs', 'deleted_at'), artifacts()],
};

async function* references(sql: SqlReader): AsyncIterable<BlobReference> {
  const files = inPages<{ run_id: string; path: string; digest: string; workspace: string }>((last) =>
    sql
      .query<Tables>()
      .selectFrom('run_artifacts')
      .innerJoin('runs', 'runs.id', 'run_artifacts.run_id')
      .select(['run_artifacts.run_id', 'run_artifacts.path', 'run_artifacts.digest', 'runs.workspace'])
      .where(behindKey(['run_artifacts.run_id', 'run_artifacts.path'], last && [last.run_id, last.path]))
      .orderBy('run_artifacts.run_id')
      .orderBy('run_artifacts.path')
      .limit(pageSize)
      .execute(),
  );
  for await (const { digest, workspace } of files)
    yield { digest, type: 'file', workspace, kind: 'artifacts' };
  const sources = inPages<{ id: string; workspace: string; source: string }>((last) =>
    sql
      .query<Tables>()
      .selectFrom('runs')
      .select(['id', 'workspace', 'source'])
      .where('id', '>', last?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );
  for await (const { workspace, source } of sources) {
    const { codeDiff } = JSON.parse(source) as RunSource;
    if (codeDiff !== undefined) yield { digest: codeDiff, type: 'file', workspace, kind: 'runs' };
  }
}

/** Runs, by when they finished or were deleted. */
function runs(kind: 'runs' | 'deleted-runs', time: 'finished_at' | 'deleted_at'): Removable {
  return {
    kind,
    // A run may have a million metric points.
    batch: 10,
    async page(sql, { workspace, before, after, limit }) {
      const rows = await sql
        .query<Tables>()
        .selectFrom('runs')
        .innerJoin('experiments', 'experiments.id', 'runs.experiment_id')
        .select(['runs.id', 'runs.project', `runs.${time} as at`, 'experiments.name as experiment'])
        .where('runs.workspace', '=', workspace)
        .where(`runs.${time}`, '<', before)
        .where('runs.id', '>', after ?? '')
        .orderBy('runs.id')
        .limit(limit)
        .execute();
      if (rows.length === 0) return [];
      const files = await sql
        .query<Tables>()
        .selectFrom('run_artifacts')
        .select(['run_id', 'digest', 'size'])
        .where(
          'run_id',
          'in',
          rows.map(({ id }) => id),
        )
        .execute();
      return rows.map((row): RemovableThing => {
        const own = files.filter((file) => file.run_id === row.id);
        return {
          key: row.id,
          at: row.at ?? before,
          project: row.project,
          things: [{ kind: 'run', id: row.id }],
          ends: true,
          within: withinExperiment(row.experiment, row.project),
          bytes: own.reduce((sum, { size }) => sum + size, 0),
          content: own.map(({ digest }) => ({ digest, type: 'file' })),
        };
      });
    },
    remove: removeRuns,
  };
}

function artifacts(): Removable {
  return {
    kind: 'artifacts',
    batch: 200,
    async page(sql, { workspace, before, after, limit }) {
      const [run, path] = after === undefined ? ['', ''] : splitKey(after);
      const rows = await sql
        .query<Tables>()
        .selectFrom('run_artifacts')
        .innerJoin('runs', 'runs.id', 'run_artifacts.run_id')
        .innerJoin('experiments', 'experiments.id', 'runs.experiment_id')
        .select([
          'run_artifacts.run_id',
          'run_artifacts.path',
          'run_artifacts.digest',
          'run_artifacts.size',
          'run_artifacts.created_at',
          'runs.project',
          'experiments.name as experiment',
        ])
        .where('runs.workspace', '=', workspace)
        .where('run_artifacts.created_at', '<', before)
        .where(behindKey(['run_artifacts.run_id', 'run_artifacts.path'], [run, path]))
        .orderBy('run_artifacts.run_id')
        .orderBy('run_artifacts.path')
        .limit(limit)
        .execute();
      return rows.map((row): RemovableThing => {
        return {
          key: `${row.run_id}/${row.path}`,
          at: row.created_at,
          project: row.project,
          things: [{ kind: 'run', id: row.run_id }],
          ends: false,
          within: withinExperiment(row.experiment, row.project),
          bytes: row.size,
          content: [{ digest: row.digest, type: 'file' }],
        };
      });
    },
    async remove(tx, _workspace, keys) {
      for (const key of keys) {
        const [run, path] = splitKey(key);
        await tx
          .query<Tables>()
          .deleteFrom('run_artifacts')
          .where('run_id', '=', run)
          .where('path', '=', path)
          .execute();
      }
    },
  };
}

async function removeRuns(tx: SqlTransaction, workspace: string, ids: readonly string[]): Promise<void> {
  const query = tx.query<Tables>();
  const series = query.selectFrom('metric_series').select('id').where('run_id', 'in', ids);
  await query.deleteFrom('metric_points').where('series_id', 'in', series).execute();
  await query.deleteFrom('metric_series').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_artifacts').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_params').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_tags').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_references').where('run_id', 'in', ids).execute();
  await query.deleteFrom('runs').where('workspace', '=', workspace).where('id', 'in', ids).execute();
}

/** An id holds no slash; a path may. */
function splitKey(key: string): [run: string, path: string] {
  const at = key.indexOf('/');
  return [key.slice(0, at), key.slice(at + 1)];
}

function withinExperiment(experiment: string, project: string | null) {
  const within: { kind: 'experiment' | 'project'; id: string }[] = [{ kind: 'experiment', id: experiment }];
  if (project !== null) within.push({ kind: 'project', id: project });
  return within;
}
