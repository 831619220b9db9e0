import type { RunSource } from '@esteira/contracts';
import type { BlobReference, Removable, RemovableThing, RoomRetention } from '../governance/index.ts';
import { inPages } from '../kernel/in-pages.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { artifactColumns, artifactReferences, removableArtifacts } from './artifacts/artifact-retention.ts';
import { type ArtifactTables, filesOfOwners } from './artifacts/artifact-store.ts';
import { deletedLoggedModels } from './logged-models/logged-model-retention.ts';
import { removeRuns } from './remove-runs.ts';
import { withinExperiment } from './within-experiment.ts';

interface Tables extends ArtifactTables {
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
}

const pageSize = 500;

/** Files of runs and the differences of their code; runs and files can be removed. */
export const trackingRetention: RoomRetention = {
  columns: [...artifactColumns, 'runs.source'],
  references,
  removable: [
    runs('runs', 'finished_at'),
    runs('deleted-runs', 'deleted_at'),
    deletedLoggedModels,
    removableArtifacts,
  ],
};

async function* references(sql: SqlReader): AsyncIterable<BlobReference> {
  yield* artifactReferences(sql);
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
      const filesOf = await filesOfOwners(
        sql,
        workspace,
        'run',
        rows.map(({ id }) => id),
      );
      return rows.map((row): RemovableThing => {
        const own = filesOf.get(row.id) ?? [];
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
