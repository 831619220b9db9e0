import type { HoldSubject } from '@esteira/contracts';
import { sql } from 'kysely';
import type { BlobReference, Removable, RemovableThing } from '../../governance/index.ts';
import { inPages } from '../../kernel/in-pages.ts';
import { behindKey } from '../../storage/sql/behind-key.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { ArtifactTables } from './artifact-store.ts';

interface Tables extends ArtifactTables {
  artifact_uploads: { id: string; workspace: string };
  artifact_upload_parts: { upload_id: string; number: number; digest: string };
  runs: { id: string; experiment_id: string; project: string | null };
  experiments: { id: string; name: string; project: string | null };
}

const pageSize = 500;
const key = ['artifacts.workspace', 'artifacts.owner_kind', 'artifacts.owner_id', 'artifacts.path'] as const;

export const artifactColumns = ['artifacts.digest', 'artifact_upload_parts.digest'] as const;

/** Files that are kept, and parts of those that are on their way. */
export async function* artifactReferences(reader: SqlReader): AsyncIterable<BlobReference> {
  const files = inPages<Omit<Tables['artifacts'], 'size' | 'created_at'>>((last) =>
    reader
      .query<Tables>()
      .selectFrom('artifacts')
      .select([...key, 'artifacts.digest'])
      .where(behindKey(key, last && [last.workspace, last.owner_kind, last.owner_id, last.path]))
      .orderBy('artifacts.workspace')
      .orderBy('artifacts.owner_kind')
      .orderBy('artifacts.owner_id')
      .orderBy('artifacts.path')
      .limit(pageSize)
      .execute(),
  );
  for await (const { digest, workspace } of files)
    yield { digest, type: 'file', workspace, kind: 'artifacts' };
  const parts = inPages<Tables['artifact_upload_parts'] & { workspace: string }>((last) =>
    reader
      .query<Tables>()
      .selectFrom('artifact_upload_parts')
      .innerJoin('artifact_uploads', 'artifact_uploads.id', 'artifact_upload_parts.upload_id')
      .select(['artifact_upload_parts.upload_id', 'artifact_upload_parts.number'])
      .select(['artifact_upload_parts.digest', 'artifact_uploads.workspace'])
      .where(
        behindKey(
          ['artifact_upload_parts.upload_id', 'artifact_upload_parts.number'],
          last && [last.upload_id, last.number],
        ),
      )
      .orderBy('artifact_upload_parts.upload_id')
      .orderBy('artifact_upload_parts.number')
      .limit(pageSize)
      .execute(),
  );
  for await (const { digest, workspace } of parts)
    yield { digest, type: 'file', workspace, kind: 'artifacts' };
}

/** Files of runs and experiments, by when they were stored; those of other owners go with their owner. */
export const removableArtifacts: Removable = {
  kind: 'artifacts',
  batch: 200,
  async page(reader, { workspace, before, after, limit }) {
    const rows = await reader
      .query<Tables>()
      .selectFrom('artifacts')
      .leftJoin('runs', (join) =>
        join.onRef('runs.id', '=', 'artifacts.owner_id').on('artifacts.owner_kind', '=', 'run'),
      )
      .innerJoin('experiments', (join) =>
        join.on(
          'experiments.id',
          '=',
          sql<string>`coalesce(
          runs.experiment_id, case when artifacts.owner_kind = 'experiment' then artifacts.owner_id end)`,
        ),
      )
      .select([...key, 'artifacts.digest', 'artifacts.size', 'artifacts.created_at'])
      .select(['experiments.name as experiment', 'experiments.project', 'runs.project as run_project'])
      .where('artifacts.workspace', '=', workspace)
      .where('artifacts.created_at', '<', before)
      .where(behindKey(key, after === undefined ? undefined : [workspace, ...splitKey(after)]))
      .orderBy('artifacts.workspace')
      .orderBy('artifacts.owner_kind')
      .orderBy('artifacts.owner_id')
      .orderBy('artifacts.path')
      .limit(limit)
      .execute();
    return rows.map((row): RemovableThing => {
      const isRun = row.owner_kind === 'run';
      const project = isRun ? row.run_project : row.project;
      const experiment: HoldSubject = { kind: 'experiment', id: row.experiment };
      const inProject: HoldSubject[] = project === null ? [] : [{ kind: 'project', id: project }];
      return {
        key: `${row.owner_kind}/${row.owner_id}/${row.path}`,
        at: row.created_at,
        project,
        things: [isRun ? { kind: 'run', id: row.owner_id } : experiment],
        ends: false,
        within: isRun ? [experiment, ...inProject] : inProject,
        bytes: row.size,
        content: [{ digest: row.digest, type: 'file' }],
      };
    });
  },
  async remove(tx, workspace, keys) {
    for (const name of keys) {
      const [kind, id, path] = splitKey(name);
      await tx
        .query<Tables>()
        .deleteFrom('artifacts')
        .where('workspace', '=', workspace)
        .where('owner_kind', '=', kind)
        .where('owner_id', '=', id)
        .where('path', '=', path)
        .execute();
    }
  },
};

/** Kinds and ids hold no slash; a path may. */
function splitKey(name: string): [kind: string, id: string, path: string] {
  const [kind = '', id = '', ...path] = name.split('/');
  return [kind, id, path.join('/')];
}
