import type { Lineage } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { pageOfHistory } from '../metric-history-pages.ts';
import { showRun } from '../run-views.ts';
import type { TrackingService } from '../tracking-service.ts';

interface Fork {
  readonly name?: string | undefined;
  /** The last step whose points are copied; all unless given. */
  readonly step?: number | undefined;
}

const pointsAtOnce = 1_000;

/**
 * Starts a run as another was at a step: with its parameters and tags, and the points of its metrics up to there. The run it
 * came from is its origin in the lineage. Returns its id. Throws RUN_NOT_FOUND, EXPERIMENT_DELETED.
 */
export async function forkRun(
  deps: { readonly sql: SqlDatabase; readonly lineage: Lineage; readonly service: TrackingService },
  context: RequestContext,
  id: string,
  { name, step }: Fork,
): Promise<string> {
  const { sql, lineage, service } = deps;
  const { workspace } = context;
  await service.latest.settle();
  const origin = await showRun(sql, workspace, id);
  const run = await sql.transaction(async (tx) => {
    const inTransaction = service.within(tx);
    const begun = await inTransaction.startRun(context, {
      experiment: origin.experiment,
      project: origin.project,
      name: name ?? `${origin.name} (fork)`,
      source: origin.source,
      tags: origin.tags,
    });
    await inTransaction.log(context, begun.id, { params: origin.params });
    await lineage.link(tx, context, {
      from: { kind: 'run', id },
      to: { kind: 'run', id: begun.id },
      relation: 'forked',
    });
    return begun;
  });
  for (const metric of Object.keys(origin.metrics)) {
    let cursor: string | undefined;
    do {
      const page = await pageOfHistory(sql, workspace, id, metric, { limit: pointsAtOnce, cursor });
      // In the order of their steps: behind the first that is too late, all are.
      const wanted = step === undefined ? page.items : page.items.filter((point) => point.step <= step);
      if (wanted.length > 0)
        await service.log(context, run.id, { metrics: wanted.map((point) => ({ name: metric, ...point })) });
      cursor = wanted.length < page.items.length ? undefined : page.nextCursor;
    } while (cursor !== undefined);
  }
  await service.latest.settle();
  return run.id;
}
