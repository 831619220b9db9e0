import type { RemovableThing, RoomRetention } from '../governance/index.ts';
import { inPages } from '../kernel/in-pages.ts';
import { behindKey } from '../storage/sql/behind-key.ts';
import { removeById } from '../storage/sql/remove-by-id.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';

interface Tables {
  trained_models: {
    workspace: string;
    id: string;
    project: string;
    digest: string;
    bytes: number;
    run_id: string;
    created_at: number;
  };
}

/** Bundles of trained models. A model that is kept has its run in use. */
export const trainingRetention: RoomRetention = {
  columns: ['trained_models.digest'],
  async *references(sql) {
    for await (const { digest, workspace } of models(sql, 0))
      yield { digest, type: 'directory', workspace, kind: 'trained-models' };
  },
  async *inUse(sql, since) {
    for await (const model of models(sql, since))
      yield { workspace: model.workspace, id: model.run_id, because: 'in-use' };
  },
  removable: [
    {
      kind: 'trained-models',
      batch: 100,
      async page(sql, { workspace, before, after, limit }) {
        const rows = await sql
          .query<Tables>()
          .selectFrom('trained_models')
          .selectAll()
          .where('workspace', '=', workspace)
          .where('created_at', '<', before)
          .where('id', '>', after ?? '')
          .orderBy('id')
          .limit(limit)
          .execute();
        return rows.map((row): RemovableThing => {
          return {
            key: row.id,
            at: row.created_at,
            project: row.project,
            things: [{ kind: 'trained-model', id: row.id }],
            ends: true,
            within: [{ kind: 'project', id: row.project }],
            bytes: row.bytes,
            content: [{ digest: row.digest, type: 'directory' }],
          };
        });
      },
      remove: removeById('trained_models'),
    },
  ],
};

function models(sql: SqlReader, since: number) {
  return inPages<Tables['trained_models']>((last) =>
    sql
      .query<Tables>()
      .selectFrom('trained_models')
      .select(['workspace', 'id', 'project', 'digest', 'bytes', 'run_id', 'created_at'])
      .where('created_at', '>=', since)
      .where(behindKey(['workspace', 'id'], last && [last.workspace, last.id]))
      .orderBy('workspace')
      .orderBy('id')
      .limit(500)
      .execute(),
  );
}
