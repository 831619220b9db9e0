import { trackingApi } from '@esteira/contracts';
import type { EvidenceReader } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import { createRunComments } from './comments/run-comments.ts';
import type { LatestValues } from './latest-values.ts';
import { runListRoutes } from './lists/run-list-routes.ts';
import { createRunVocabulary } from './lists/run-names.ts';
import { runEvidence } from './run-evidence.ts';
import { type BatchedRunLog, createRunLog } from './run-log.ts';
import { createSavedViews } from './saved-views/saved-views.ts';
import { createTrackingReader, type TrackingReader } from './tracking-reader.ts';
import { trackingRoutes } from './tracking-routes.ts';
import { createTrackingService, type TrackingDeps, type TrackingService } from './tracking-service.ts';

export type {
  Artifact,
  ArtifactOwner,
  ArtifactPlace,
  FolderEntry,
  KnownOwner,
} from './artifacts/artifact.ts';
export { checkArtifactPath } from './artifacts/artifact-path.ts';
export type { Artifacts } from './artifacts/artifact-service.ts';
export { deleteArtifactsOf } from './artifacts/artifact-store.ts';
export type { Experiment } from './experiment.ts';
export type { ExperimentCondition, ExperimentField } from './experiment-search.ts';
export { createTrackingImports, type TrackingImports } from './imports/tracking-imports.ts';
export { filesBelow } from './logged-models/files-below.ts';
export type {
  LoggedModelAttribute,
  LoggedModelCondition,
  LoggedModelField,
  LoggedModelOrder,
  LoggedModelRecord,
} from './logged-models/logged-model.ts';
export { createLoggedModelRoutes } from './logged-models/logged-model-routes.ts';
export { createLoggedModels, type LoggedModels } from './logged-models/logged-models.ts';
export { createPurgeRoutes } from './purge/purge-routes.ts';
export { createRewindRoutes } from './rewind/rewind-routes.ts';
export type { DatasetInput, RunBatch, RunHead, RunModel } from './run.ts';
export type { BatchedRunLog } from './run-log.ts';
export type { RunRecord } from './run-record.ts';
export type { Lifecycle } from './run-search.ts';
export { trackingRetention } from './tracking-retention.ts';

export interface Tracking extends TrackingService {
  readonly reader: TrackingReader;
  /** A log that collects calls and writes them in batches. */
  openLog(context: RequestContext, runId: string): BatchedRunLog;
  readonly evidenceReaders: readonly EvidenceReader[];
  readonly routes: readonly RouteBinding[];
}

/** The room tracking. */
export function createTracking(deps: TrackingDeps): Tracking {
  const service = createTrackingService(deps);
  return {
    ...service,
    reader: createTrackingReader(deps.sql, service.latest),
    openLog: (context, runId) => createRunLog({ log: service.log, clock: deps.clock, context, runId }),
    evidenceReaders: [runEvidence(deps.sql)],
    routes: [
      ...trackingRoutes({ ...deps, service }),
      ...runListRoutes({
        sql: deps.sql,
        texts: service.texts,
        vocabulary: createRunVocabulary(deps),
        comments: createRunComments(deps),
        savedViews: createSavedViews(deps),
      }),
    ].map((binding) => afterSettling(service.latest, binding)),
  };
}

/** What a route reads of runs is as their last points left it. */
function afterSettling(latest: LatestValues, { route, handle }: RouteBinding): RouteBinding {
  return {
    route,
    async handle(request, context, signal) {
      if (route !== trackingApi.log) await latest.settle();
      return handle(request, context, signal);
    },
  };
}
