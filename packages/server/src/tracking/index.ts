import type { EvidenceReader } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import type { RunHead } from './run.ts';
import { runEvidence } from './run-evidence.ts';
import { type BatchedRunLog, createRunLog } from './run-log.ts';
import { findRunHead } from './run-store.ts';
import { type RunView, showRun } from './run-views.ts';
import { trackingRoutes } from './tracking-routes.ts';
import { createTrackingService, type TrackingDeps, type TrackingService } from './tracking-service.ts';

/** What other rooms may ask. */
interface TrackingReader {
  find(workspace: string, runId: string): Promise<RunHead | undefined>;
  /** With parameters, latest metrics, tags, inputs, outputs and children. Throws RUN_NOT_FOUND. */
  show(workspace: string, runId: string): Promise<RunView>;
}

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
    reader: {
      find: (workspace, runId) => findRunHead(deps.sql, workspace, runId),
      show: (workspace, runId) => showRun(deps.sql, workspace, runId),
    },
    openLog: (context, runId) => createRunLog({ log: service.log, clock: deps.clock, context, runId }),
    evidenceReaders: [runEvidence(deps.sql)],
    routes: trackingRoutes({ sql: deps.sql, blobs: deps.blobs, service }),
  };
}

export type {
  Artifact,
  ArtifactOwner,
  ArtifactPlace,
  FolderEntry,
  KnownOwner,
} from './artifacts/artifact.ts';
export { checkArtifactPath } from './artifacts/artifact-path.ts';
export type { Artifacts } from './artifacts/artifact-service.ts';
export { filesBelow } from './logged-models/files-below.ts';
export type { RunBatch } from './run.ts';
export type { BatchedRunLog } from './run-log.ts';
export { trackingRetention } from './tracking-retention.ts';
