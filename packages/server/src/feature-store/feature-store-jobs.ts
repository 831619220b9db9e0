import type { JsonValue, TrainingSetSpine } from '@esteira/contracts';
import type { Jobs } from '../jobs/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { FeatureStoreService } from './feature-store-service.ts';

export interface FeatureStoreJobs {
  startTrainingSet(context: RequestContext, wanted: TrainingSetSpine): Promise<string>;
  startMaterialize(
    context: RequestContext,
    wanted: { view: string; at: number; versionId?: string | undefined },
  ): Promise<string>;
}

/** The long work of the room, as durable jobs. Both end with the same content when run again. */
export function createFeatureStoreJobs(deps: {
  jobs: Jobs;
  sql: SqlDatabase;
  features: FeatureStoreService;
}): FeatureStoreJobs {
  deps.jobs.register('feature-store.training-set', async (run) => {
    const version = await deps.features.buildTrainingSet(
      run.context,
      run.job.payload as unknown as TrainingSetSpine,
      undefined,
      run,
    );
    return { versionId: version.id, digest: version.digest, rows: version.rows };
  });
  deps.jobs.register('feature-store.materialize', async (run) => {
    const { view, at, versionId } = run.job.payload as unknown as {
      view: string;
      at: number;
      versionId: string | null;
    };
    return {
      ...(await deps.features.materialize(run.context, view, { at, versionId: versionId ?? undefined })),
    };
  });
  const start = (context: RequestContext, kind: string, payload: JsonValue): Promise<string> =>
    deps.sql.transaction((tx) => deps.jobs.enqueue(tx, context, { kind, payload }));
  return {
    startTrainingSet: (context, wanted) =>
      start(context, 'feature-store.training-set', JSON.parse(JSON.stringify(wanted)) as JsonValue),
    startMaterialize: (context, { view, at, versionId }) =>
      start(context, 'feature-store.materialize', { view, at, versionId: versionId ?? null }),
  };
}
