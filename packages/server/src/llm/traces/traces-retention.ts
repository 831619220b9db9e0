import type { RemovableThing, RoomRetention } from '../../governance/index.ts';
import { deleteTraceRows } from './traces-deletion.ts';

interface Tables {
  traces: { number: number; workspace: string; id: string; experiment_id: string; requested_at: number };
  experiments: { id: string; name: string; project: string | null };
  spans: { trace: number };
}

/** Traces with their spans and assessments; they refer to no stored content. */
export const tracesRetention: RoomRetention = {
  columns: [],
  removable: [
    {
      kind: 'spans',
      // A trace may have ten thousands of spans.
      batch: 50,
      async page(sql, { workspace, before, after, limit }) {
        const rows = await sql
          .query<Tables>()
          .selectFrom('traces')
          .innerJoin('experiments', 'experiments.id', 'traces.experiment_id')
          .select(['traces.number', 'traces.requested_at', 'experiments.name', 'experiments.project'])
          .where('traces.workspace', '=', workspace)
          .where('traces.requested_at', '<', before)
          .where('traces.number', '>', after === undefined ? 0 : Number(after))
          .orderBy('traces.number')
          .limit(limit)
          .execute();
        return rows.map((row): RemovableThing => {
          const { project } = row;
          return {
            key: String(row.number),
            at: row.requested_at,
            project,
            things: [],
            ends: false,
            within: [
              { kind: 'experiment', id: row.name },
              ...(project === null ? [] : [{ kind: 'project', id: project } as const]),
            ],
            bytes: 0,
            content: [],
          };
        });
      },
      async remove(tx, _workspace, keys) {
        await deleteTraceRows(tx, keys.map(Number));
      },
    },
  ],
};
