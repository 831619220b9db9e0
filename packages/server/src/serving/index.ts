import { join } from 'node:path';
import type { ControlPlaneAddress, ModelExamples, ServableVersion } from '@esteira/contracts';
import type { AuditLog, CostLedger, Lineage, Policies, SealedSecrets } from '../governance/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { RandomSource } from '../kernel/random-source.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { LimitStore } from '../storage/limits/limit-store.ts';
import { createSqlLimitStore } from '../storage/limits/sql/sql-limit-store.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { TableEngine } from '../storage/tables/table-engine.ts';
import { createDataPlane } from './data-plane/data-plane-service.ts';
import { createKeyLimits } from './data-plane/key-limits.ts';
import { createLiveCounts } from './data-plane/live-counts.ts';
import { createServingCosts } from './data-plane/serving-costs.ts';
import { forgetDataPlanes } from './data-plane/status-store.ts';
import { createSupervisor, type SupervisorDeps } from './data-plane/supervisor.ts';
import { createEndpointQuestions } from './endpoints/ask-endpoint.ts';
import { forgetCallers } from './endpoints/caller-store.ts';
import { listWorkspaces } from './endpoints/endpoint-store.ts';
import { endpointUses } from './endpoints/endpoint-uses.ts';
import { createEndpointsService, type EndpointsDeps } from './endpoints/endpoints-service.ts';
import { type FollowDeps, followAliases } from './endpoints/follow-aliases.ts';
import { createKeysService } from './endpoints/keys-service.ts';
import { createModelSecrets } from './endpoints/model-secrets.ts';
import { createProbeKeys } from './endpoints/probe-keys.ts';
import { createSandboxes } from './endpoints/sandboxes.ts';
import { createServingNews } from './news.ts';
import { reconcile } from './predictions/intake-store.ts';
import { openPredictions, type PredictionRange } from './predictions/open-predictions.ts';
import { createPartCompaction } from './predictions/part-compaction.ts';
import { createPredictionAnnouncements } from './predictions/prediction-announcements.ts';
import { createPredictionIntake } from './predictions/prediction-intake.ts';
import { createPromoteChange } from './rollouts/promote-change.ts';
import { createRollbackChange } from './rollouts/rollback-change.ts';
import { createServingEvidence } from './serving-evidence.ts';
import { createServingRoutes, type ServingRoutesDeps } from './serving-routes.ts';
import { createDrills } from './trials/drills.ts';
import { createTrials } from './trials/trials-service.ts';

export { meterDataPlanes } from './data-plane/data-plane-metrics.ts';
export { servingRetention } from './serving-retention.ts';

export interface ServingDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
  /** An engine of one thread, which takes in the log beside whoever is answered. */
  readonly logTables: TableEngine;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly events: EventBus;
  /** Where model servers lease the limits of inference keys from. */
  readonly limits: LimitStore;
  readonly lineage: Pick<Lineage, 'link'>;
  readonly costs: CostLedger;
  readonly policies: Pick<Policies, 'evaluate' | 'approvalsFor'>;
  readonly changes: FollowDeps['changes'];
  /** Online values, for endpoints whose callers name entities. */
  readonly features: ServingRoutesDeps['features'];
  readonly projects: EndpointsDeps['projects'] & {
    find(workspace: string, name: string): Promise<{ sla: { p95Ms: number } } | undefined>;
  };
  readonly registry: EndpointsDeps['registry'] & {
    findVersion(workspace: string, id: string): Promise<ServableVersion | undefined>;
    examples(version: ServableVersion): Promise<ModelExamples>;
    versionOfAlias: FollowDeps['registry']['versionOfAlias'];
    inspectVersion: FollowDeps['registry']['inspectVersion'];
    listVersions(
      workspace: string,
      filter: { model: string; limit: number },
    ): Promise<readonly ServableVersion[]>;
  };
  /** Seals what remote models are asked with. */
  readonly sealed: SealedSecrets;
  /** 32 bytes that all servers on the database have in common; this process's own unless given. */
  readonly probeSecret?: Uint8Array;
  /** Servers of the installation that run, for model servers that lose theirs. */
  readonly controlPlanes: () => Promise<readonly ControlPlaneAddress[]>;
  /** The name by which people reach a server that listens on every address. */
  readonly publicHost?: string;
  /** Private folder of the room: model servers and trials. */
  readonly directory: string;
  /** How model servers are run; see `SupervisorDeps`. */
  readonly modelServer: Pick<
    SupervisorDeps,
    | 'host'
    | 'port'
    | 'grpcPort'
    | 'processes'
    | 'controlPlaneUrl'
    | 'issueToken'
    | 'environment'
    | 'releasePorts'
    | 'stopPatienceMs'
  >;
}

const catchUpMs = 10_000;
const callersKeptMs = 30 * 24 * 3_600_000;
/** News of serving comes several times a second; a workspace's first endpoint is rare. */
const superviseEveryMs = 1_000;

/** Opens the room. `start` once the control plane listens; `stop` before it closes. */
export function createServing(deps: ServingDeps) {
  const { sql, registry } = deps;
  const news = createServingNews(sql);
  const probeKeys = createProbeKeys(deps.probeSecret ?? deps.random.bytes(32));
  const supervisor = createSupervisor({
    ...deps,
    ...deps.modelServer,
    directory: join(deps.directory, 'model-servers'),
  });
  let started = false;
  let endListening = (): void => {};
  let supervisedAt = Number.NEGATIVE_INFINITY;
  const endpoints = createEndpointsService({
    ...deps,
    news,
    onFirstEndpoint: (workspace) => {
      if (started) supervisor.ensure(workspace);
    },
  });
  const keys = createKeysService({ ...deps, news });
  const sandboxes = createSandboxes({ ...deps, endpoints });
  followAliases(deps);
  const findVersion = registry.findVersion;
  const modelSecrets = createModelSecrets({ ...deps, news });
  const dataPlane = createDataPlane({
    ...deps,
    news,
    probeKeys,
    modelSecrets,
    findVersion,
    ownUrl: supervisor.urlOf,
  });
  const logDeps = { ...deps, tables: deps.logTables };
  const compaction = createPartCompaction(logDeps);
  const intake = createPredictionIntake({
    ...logDeps,
    news,
    compaction,
    findVersion,
    announcements: createPredictionAnnouncements(deps),
  });
  const questions = createEndpointQuestions({ ...deps, endpoints, dataPlane });
  const trials = createTrials({ ...deps, directory: join(deps.directory, 'trials') });
  const drills = createDrills({ ...deps, endpoints, dataPlane });
  const rolloutDeps = { ...deps, news, endpoints, dataPlane, costRates: deps.costs.rates };
  const costs = createServingCosts({ ...deps, endpoints });

  /** The first endpoint of a workspace may have been made on another replica; each has a model server of its own. */
  async function superviseAll(): Promise<void> {
    if (performance.now() - supervisedAt < superviseEveryMs) return;
    supervisedAt = performance.now();
    try {
      const workspaces = await listWorkspaces(sql);
      if (started) for (const workspace of workspaces) supervisor.ensure(workspace);
    } catch (error) {
      deps.logger.warn({ err: error }, 'it could not be looked up which model servers are needed');
    }
  }

  /** Waits for the rows that were answered but wait in a spool; with steady traffic some always do, and the counts agree. */
  async function catchUp(workspace: string, endpoint: string): Promise<void> {
    await news.waitFor(
      workspace,
      async () => {
        const { served, logged } = await reconcile(sql, workspace, endpoint);
        const waiting = (await dataPlane.alive(workspace)).some(
          (server) => server.spool.acknowledged < server.spool.end,
        );
        return !waiting && served === logged ? true : undefined;
      },
      { timeoutMs: catchUpMs },
    );
  }

  return {
    routes: createServingRoutes({
      ...deps,
      endpoints,
      keys,
      sandboxes,
      modelSecrets,
      dataPlane,
      costs,
      keyLimits: createKeyLimits({
        ...deps,
        quotas: createSqlLimitStore({ database: sql, clock: deps.clock }),
      }),
      intake,
      liveCounts: createLiveCounts({ ...deps, news, endpoints }),
      questions,
      trials,
      drills,
    }),
    evidenceReaders: createServingEvidence({ ...deps, endpoints, keys, dataPlane, catchUp }),
    changeKinds: { promote: createPromoteChange(rolloutDeps), rollback: createRollbackChange(rolloutDeps) },
    /** What endpoints do with the versions of a model, for whoever would delete one or move its labels. */
    uses: endpointUses,
    /** For rooms to the right: an endpoint with what it should serve. */
    endpoint: endpoints.find,
    predictions: {
      open: (workspace: string, endpoint: string, range: PredictionRange) =>
        openPredictions(deps, workspace, endpoint, range),
    },
    /** Forgets model servers that have not been heard of since a time, and callers of days that no judgement looks at. */
    forgetGone: (before: number) =>
      sql.transaction(async (tx) => {
        await forgetDataPlanes(tx, before);
        await forgetCallers(tx, new Date(before - callersKeptMs).toISOString().slice(0, 10));
      }),
    async start(): Promise<void> {
      started = true;
      endListening = news.listen(() => void superviseAll());
      const workspaces = await listWorkspaces(sql);
      await dataPlane.renewSnapshots(workspaces);
      for (const workspace of workspaces) supervisor.ensure(workspace);
    },
    /** Ends the model servers at once, in the middle of whatever they do. */
    kill(): void {
      supervisor.kill();
    },
    async stop(): Promise<void> {
      started = false;
      endListening();
      await supervisor.stop();
      await compaction.settled();
    },
  };
}
