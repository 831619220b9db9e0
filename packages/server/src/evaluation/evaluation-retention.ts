import type { RemovableThing, RoomRetention } from '../governance/index.ts';
import { removeById } from '../storage/sql/remove-by-id.ts';

interface Tables {
  evaluations: { workspace: string; id: string; project: string; report: string; created_at: number };
}

/** Evaluations lie whole in their rows; their reports hold no stored content. */
export const evaluationRetention: RoomRetention = {
  columns: [],
  removable: [
    {
      kind: 'evaluations',
      batch: 100,
      async page(sql, { workspace, before, after, limit }) {
        const rows = await sql
          .query<Tables>()
          .selectFrom('evaluations')
          .select(['id', 'project', 'created_at'])
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
            things: [{ kind: 'evaluation', id: row.id }],
            ends: true,
            within: [{ kind: 'project', id: row.project }],
            bytes: 0,
            content: [],
          };
        });
      },
      remove: removeById('evaluations'),
    },
  ],
};
