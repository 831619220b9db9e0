import type { Removable, RemovableThing } from '../../governance/index.ts';
import { type ArtifactTables, filesOfOwners } from '../artifacts/artifact-store.ts';
import { withinExperiment } from '../within-experiment.ts';
import { removeLoggedModels } from './remove-logged-models.ts';

interface Tables extends ArtifactTables {
  logged_models: {
    id: string;
    workspace: string;
    experiment_id: string;
    source_run_id: string | null;
    deleted_at: number | null;
  };
  experiments: { id: string; name: string; project: string | null };
}

/**
 * Logged models that somebody deleted, with their files: they go as deleted runs do, unless the run they are from is kept.
 * Versions that were made from them have their files themselves.
 */
export const deletedLoggedModels: Removable = {
  kind: 'deleted-runs',
  batch: 50,
  async page(sql, { workspace, before, after, limit }) {
    const rows = await sql
      .query<Tables>()
      .selectFrom('logged_models')
      .innerJoin('experiments', 'experiments.id', 'logged_models.experiment_id')
      .select(['logged_models.id', 'logged_models.deleted_at', 'logged_models.source_run_id'])
      .select(['experiments.name as experiment', 'experiments.project'])
      .where('logged_models.workspace', '=', workspace)
      .where('logged_models.deleted_at', '<', before)
      .where('logged_models.id', '>', after ?? '')
      .orderBy('logged_models.id')
      .limit(limit)
      .execute();
    if (rows.length === 0) return [];
    const filesOf = await filesOfOwners(
      sql,
      workspace,
      'logged-model',
      rows.map(({ id }) => id),
    );
    return rows.map((row): RemovableThing => {
      const own = filesOf.get(row.id) ?? [];
      return {
        key: row.id,
        at: row.deleted_at ?? before,
        project: row.project,
        things: row.source_run_id === null ? [] : [{ kind: 'run', id: row.source_run_id }],
        ends: false,
        within: withinExperiment(row.experiment, row.project),
        bytes: own.reduce((sum, { size }) => sum + size, 0),
        content: own.map(({ digest }) => ({ digest, type: 'file' })),
      };
    });
  },
  remove: removeLoggedModels,
};
