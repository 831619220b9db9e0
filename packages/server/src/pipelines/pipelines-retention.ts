import { idsIn, type RemovableThing, type RoomRetention } from '../governance/index.ts';
import { inPages } from '../kernel/in-pages.ts';

interface Tables {
  pipeline_runs: {
    id: string;
    workspace: string;
    parameters: string;
    tracking_run_id: string;
    unfinished: number;
    finished_at: number | null;
    created_at: number;
  };
  pipeline_run_steps: {
    pipeline_run_id: string;
    inputs: string | null;
    outputs: string;
    tracking_run_id: string | null;
  };
  step_cache: { workspace: string; cache_key: string; created_at: number };
}

/** What runs that go on use; earlier results, which name things by id, can be removed. */
export const pipelinesRetention: RoomRetention = {
  columns: [],
  // Runs of any age: a step may just have begun to use something.
  async *inUse(sql) {
    const runs = inPages<Tables['pipeline_runs']>((last) =>
      sql
        .query<Tables>()
        .selectFrom('pipeline_runs')
        .select([
          'id',
          'workspace',
          'parameters',
          'tracking_run_id',
          'unfinished',
          'finished_at',
          'created_at',
        ])
        .where('finished_at', 'is', null)
        .where('id', '>', last?.id ?? '')
        .orderBy('id')
        .limit(100)
        .execute(),
    );
    for await (const run of runs) {
      const { workspace } = run;
      const steps = await sql
        .query<Tables>()
        .selectFrom('pipeline_run_steps')
        .select(['inputs', 'outputs', 'tracking_run_id'])
        .where('pipeline_run_id', '=', run.id)
        .execute();
      const texts = steps.flatMap(({ inputs, outputs }) => [inputs ?? '', outputs]);
      const ids = new Set([run.tracking_run_id, ...idsIn(run.parameters, ...texts)]);
      for (const { tracking_run_id: id } of steps) if (id !== null) ids.add(id);
      for (const id of ids) yield { workspace, id, because: 'in-use' };
    }
  },
  removable: [
    {
      kind: 'step-cache',
      batch: 500,
      async page(sql, { workspace, before, after, limit }) {
        const rows = await sql
          .query<Tables>()
          .selectFrom('step_cache')
          .select(['cache_key', 'created_at'])
          .where('workspace', '=', workspace)
          .where('created_at', '<', before)
          .where('cache_key', '>', after ?? '')
          .orderBy('cache_key')
          .limit(limit)
          .execute();
        return rows.map((row): RemovableThing => {
          const nothing = { things: [], within: [], content: [] };
          return { key: row.cache_key, at: row.created_at, project: null, ends: false, bytes: 0, ...nothing };
        });
      },
      async remove(tx, workspace, keys) {
        await tx
          .query<Tables>()
          .deleteFrom('step_cache')
          .where('workspace', '=', workspace)
          .where('cache_key', 'in', keys)
          .execute();
      },
    },
  ],
};
