import { setImmediate as turn } from 'node:timers/promises';
import type {
  ImportedExperiment,
  ImportedLoggedModel,
  ImportedRun,
  ImportedSeries,
} from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { Artifact, ArtifactOwner } from '../artifacts/artifact.ts';
import type { ArtifactOwners } from '../artifacts/artifact-owners.ts';
import { checkArtifactPath } from '../artifacts/artifact-path.ts';
import { listArtifacts } from '../artifacts/artifact-store.ts';
import type { Experiment } from '../experiment.ts';
import { createMetricSeries } from '../metric-series.ts';
import type { RunTexts } from '../text-search/run-texts.ts';
import { importExperiment } from './import-experiments.ts';
import { importFile } from './import-file.ts';
import { importLoggedModel } from './import-logged-models.ts';
import { importPoints } from './import-points.ts';
import { importRuns } from './import-runs.ts';
import { type Counted, countTracked } from './imported-counts.ts';
import { pointsInParts } from './points-in-parts.ts';

const runsInPart = 100;

/**
 * Takes the history of another tracker, under its ids and times. Runs and points go in parts, each a transaction, with the
 * requests of others between them; all else is one transaction. Each call may be repeated: what is there stays. Nothing of it
 * is news, so no events are told.
 */
export interface TrackingImports {
  experiments(
    context: RequestContext,
    experiments: readonly ImportedExperiment[],
  ): Promise<{ readonly items: readonly Experiment[]; readonly added: number }>;
  /** Returns how many were not there. Throws EXPERIMENT_NOT_FOUND, IMPORT_ID_TAKEN. */
  runs(context: RequestContext, runs: readonly ImportedRun[]): Promise<number>;
  /** Returns how many points were sent. Throws RUN_NOT_FOUND. */
  points(context: RequestContext, series: readonly ImportedSeries[]): Promise<number>;
  /** Returns how many were not there. Throws EXPERIMENT_NOT_FOUND, IMPORT_ID_TAKEN. */
  loggedModels(context: RequestContext, models: readonly ImportedLoggedModel[]): Promise<number>;
  /** Throws ARTIFACT_PATH_INVALID, RUN_NOT_FOUND, ARTIFACT_OWNER_NOT_FOUND, ARTIFACT_IN_THE_WAY. */
  putFile(
    context: RequestContext,
    owner: ArtifactOwner,
    path: string,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<Artifact>;
  /** By path, behind the path `after`, at most 1000. */
  files(workspace: string, owner: ArtifactOwner, after: string | undefined): Promise<readonly Artifact[]>;
  count(
    workspace: string,
    kind: 'experiment' | 'run' | 'logged-model',
    ids: readonly string[],
  ): Promise<readonly Counted[]>;
}

export function createTrackingImports(deps: {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly audit: AuditLog;
  readonly texts: RunTexts;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly owners: Pick<ArtifactOwners, 'existing'>;
}): TrackingImports {
  const { sql, clock } = deps;
  const series = createMetricSeries(deps);
  return {
    experiments: (context, experiments) =>
      sql.transaction(async (tx) => {
        const items: Experiment[] = [];
        let added = 0;
        for (const imported of experiments) {
          const taken = await importExperiment(deps, tx, context, imported);
          items.push(taken.experiment);
          if (taken.added) added++;
        }
        return { items, added };
      }),
    async runs(context, runs) {
      let added = 0;
      for (let start = 0; start < runs.length; start += runsInPart) {
        const part = runs.slice(start, start + runsInPart);
        added += await sql.transaction((tx) => importRuns(deps, tx, context, part));
        await turn();
      }
      return added;
    },
    async points(context, all) {
      let sent = 0;
      for (const part of pointsInParts(all)) {
        sent += await sql.transaction((tx) =>
          importPoints(tx, context.workspace, part, { series, texts: deps.texts }),
        );
        await turn();
      }
      return sent;
    },
    loggedModels: (context, models) =>
      sql.transaction(async (tx) => {
        let added = 0;
        for (const model of models) if (await importLoggedModel(deps, tx, context, model)) added++;
        return added;
      }),
    async putFile({ workspace }, owner, path, bytes) {
      checkArtifactPath(path);
      await deps.owners.existing(sql, workspace, owner);
      const blob = await deps.blobs.put(bytes);
      const file = { path, digest: blob.digest, size: blob.size, createdAt: clock.now() };
      return await sql.transaction((tx) => importFile(deps.owners, tx, workspace, owner, file));
    },
    files: (workspace, owner, after) => listArtifacts(sql, workspace, owner, { after, limit: 1_000 }),
    count: (workspace, kind, ids) => countTracked(sql, workspace, kind, ids),
  };
}
