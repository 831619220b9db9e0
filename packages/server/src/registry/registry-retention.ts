import type { ModelVersion } from '@esteira/contracts';
import { sql as text } from 'kysely';
import type { RoomRetention } from '../governance/index.ts';
import { inPages } from '../kernel/in-pages.ts';
import { behindKey } from '../storage/sql/behind-key.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';

interface Tables {
  model_versions: {
    workspace: string;
    id: string;
    digest: string;
    trained_model_id: string;
    evaluation_id: string;
    document: string;
    checked: number;
    run_id: string | null;
    created_at: number;
  };
  version_inspections: { workspace: string; version_id: string; digest: string; document: string };
}

/**
 * Registered versions are never removed by a policy, and keep all that they were made and judged from, until somebody
 * deletes them. One that was registered as it is pins the run it names, and its frozen files whatever becomes of the run's.
 */
export const registryRetention: RoomRetention = {
  columns: [
    'model_versions.digest',
    'model_versions.document',
    'version_inspections.digest',
    'version_inspections.document',
    'allowed_pickles.digest',
  ],
  async *references(sql) {
    for await (const { digest, workspace, document } of versions(sql, 0)) {
      const kind = 'model-versions';
      if (digest !== '') yield { digest, type: 'directory', workspace, kind };
      const { artifacts } = JSON.parse(document) as ModelVersion;
      for (const artifact of artifacts) yield { digest: artifact.digest, type: 'file', workspace, kind };
    }
    for await (const { digest, workspace, document } of inspections(sql)) {
      const kind = 'model-versions';
      yield { digest, type: 'directory', workspace, kind };
      const { artifacts } = JSON.parse(document) as ModelVersion;
      for (const artifact of artifacts) yield { digest: artifact.digest, type: 'file', workspace, kind };
    }
  },
  async *inUse(sql, since) {
    for await (const row of versions(sql, since)) {
      const { workspace } = row;
      if (row.checked === 0) {
        yield { workspace, id: row.id, because: 'registered' };
        if (row.run_id !== null) yield { workspace, id: row.run_id, because: 'registered' };
        continue;
      }
      const version = JSON.parse(row.document) as ModelVersion;
      const used = [
        version.id,
        version.trainedModelId,
        version.evaluationId,
        version.runId,
        version.splitId,
        ...version.datasetVersions.map(({ id }) => id),
      ];
      for (const id of used) yield { workspace, id, because: 'registered' };
    }
  },
};

function versions(sql: SqlReader, since: number) {
  return inPages<Tables['model_versions']>((last) =>
    sql
      .query<Tables>()
      .selectFrom('model_versions')
      .select([
        'workspace',
        'id',
        'digest',
        'trained_model_id',
        'evaluation_id',
        'document',
        'checked',
        'run_id',
      ])
      .select('created_at')
      .where('created_at', '>=', since)
      .where(text<boolean>`deleted_at is null`)
      .where(behindKey(['workspace', 'id'], last && [last.workspace, last.id]))
      .orderBy('workspace')
      .orderBy('id')
      .limit(100)
      .execute(),
  );
}

/** Bundles that were made of versions which still stand. */
function inspections(sql: SqlReader) {
  return inPages<Tables['version_inspections']>((last) =>
    sql
      .query<Tables>()
      .selectFrom('version_inspections')
      .innerJoin('model_versions', (join) =>
        join
          .onRef('model_versions.workspace', '=', 'version_inspections.workspace')
          .onRef('model_versions.id', '=', 'version_inspections.version_id'),
      )
      .selectAll('version_inspections')
      .where(text<boolean>`model_versions.deleted_at is null`)
      .where(
        behindKey(
          ['version_inspections.workspace', 'version_inspections.version_id'],
          last && [last.workspace, last.version_id],
        ),
      )
      .orderBy('version_inspections.workspace')
      .orderBy('version_inspections.version_id')
      .limit(100)
      .execute(),
  );
}
