import type {
  BenchmarkReport,
  FallbackDrillReport,
  IntegrationTestReport,
  JsonValue,
  RollbackDrillReport,
  ServableVersion,
} from '@esteira/contracts';
import type { EvidenceReader, GateSubject } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import { type DataPlane, innerUrlOf } from './data-plane/data-plane-service.ts';
import { primaryVersion } from './endpoints/desired-endpoint.ts';
import type { EndpointRecord } from './endpoints/endpoint-store.ts';
import type { EndpointsService } from './endpoints/endpoints-service.ts';
import type { KeysService } from './endpoints/keys-service.ts';
import { reconcile } from './predictions/intake-store.ts';
import { findLatestRollout, type RolloutRecord } from './rollouts/rollout-store.ts';
import { machineClass } from './trials/machine-class.ts';
import { findLatestReport } from './trials/report-store.ts';
import { walkDoors } from './walk-doors.ts';

export interface EvidenceDeps {
  readonly sql: SqlDatabase;
  readonly endpoints: EndpointsService;
  readonly keys: KeysService;
  readonly dataPlane: DataPlane;
  readonly registry: { findVersion(workspace: string, id: string): Promise<ServableVersion | undefined> };
  /** How long the log may take to catch up with what was answered, when the rule asks. */
  readonly catchUp: (workspace: string, endpoint: string) => Promise<void>;
}

/** What gates may know of serving. */
export function createServingEvidence(deps: EvidenceDeps): readonly EvidenceReader[] {
  const { sql } = deps;

  /** Reads about the endpoint of the subject; undefined when there is none. */
  function about(
    name: string,
    read: (
      endpoint: EndpointRecord,
      context: RequestContext,
      subject: GateSubject,
    ) => Promise<JsonValue | undefined>,
  ): EvidenceReader {
    return {
      name,
      async read(context, subject) {
        const endpoint = await deps.endpoints.find(context.workspace, subject.endpoint);
        return endpoint === undefined ? undefined : await read(endpoint, context, subject);
      },
    };
  }

  return [
    about('endpoint', async (endpoint, { workspace }) => {
      const live = primaryVersion(endpoint.desired);
      const version = live === undefined ? undefined : await deps.registry.findVersion(workspace, live);
      return {
        name: endpoint.name,
        stage: endpoint.stage,
        currentModelVersionId: live ?? null,
        currentTrainedModelId: version?.trainedModelId ?? null,
        machineClass: machineClass(),
      };
    }),
    {
      name: 'integrationTests',
      async read({ workspace }, { modelVersionId }) {
        const report = await findLatestReport<IntegrationTestReport>(sql, workspace, 'integration-tests', {
          modelVersionId,
        });
        if (report === undefined) return undefined;
        const { bundleDigest, passed, failed, runtime, examplesFrom, at } = report;
        return { modelVersionId, bundleDigest, passed, failed, runtime, examplesFrom, at };
      },
    },
    about('latency', async (endpoint, { workspace }, { modelVersionId }) => {
      const report = await findLatestReport<BenchmarkReport>(sql, workspace, 'benchmark', {
        endpoint: endpoint.name,
        modelVersionId,
      });
      if (report === undefined) return undefined;
      const { p50Ms, p95Ms, p99Ms, throughputPerSecond, requests, errors, coldIncluded, at } = report;
      return {
        modelVersionId,
        endpoint: endpoint.name,
        machineClass: report.machineClass,
        p50Ms,
        p95Ms,
        p99Ms,
        throughputPerSecond,
        requests,
        errors,
        coldIncluded,
        at,
      };
    }),
    about('resources', async (endpoint, { workspace }, { modelVersionId }) => {
      const report = await findLatestReport<BenchmarkReport>(sql, workspace, 'benchmark', {
        endpoint: endpoint.name,
        modelVersionId,
      });
      if (report === undefined) return undefined;
      const { modelBytes, peakMemoryBytes, cpuMsPerRequest, at } = report;
      return { modelVersionId, modelBytes, peakMemoryBytes, cpuMsPerRequest, at };
    }),
    about('fallback', async (endpoint, { workspace }) => {
      const { fallback } = endpoint.desired;
      if (fallback === null) return undefined;
      const modelVersionId = fallback.kind === 'version' ? fallback.modelVersionId : null;
      const drill = await findLatestReport<FallbackDrillReport>(sql, workspace, 'fallback-drill', {
        endpoint: endpoint.name,
      });
      // A drill of another fallback says nothing about this one.
      const own =
        drill?.kind === fallback.kind && drill.modelVersionId === modelVersionId ? drill : undefined;
      return {
        endpoint: endpoint.name,
        kind: fallback.kind,
        modelVersionId,
        exercisedAt: own?.at ?? null,
        passed: own?.passed ?? false,
        killed: own?.killed ?? false,
      };
    }),
    about('rollbackDrill', async (endpoint, { workspace }) => {
      const drill = await findLatestReport<RollbackDrillReport>(sql, workspace, 'rollback-drill', {
        endpoint: endpoint.name,
      });
      if (drill === undefined) return undefined;
      return {
        endpoint: endpoint.name,
        at: drill.at,
        durationMs: drill.durationMs,
        succeeded: drill.succeeded,
        steps: drill.steps,
      };
    }),
    about('rollout', async (endpoint, { workspace }, { modelVersionId }) => {
      const rollout = await findLatestRollout(sql, workspace, endpoint.name, modelVersionId);
      return rollout && describeRollout(rollout);
    }),
    about('predictionLog', async (endpoint, { workspace }) => {
      await deps.catchUp(workspace, endpoint.name);
      return { endpoint: endpoint.name, ...(await reconcile(sql, workspace, endpoint.name)) };
    }),
    about('doors', async (endpoint, { workspace }) => {
      const server = (await deps.dataPlane.alive(workspace))[0];
      if (server === undefined) return undefined;
      const { routes, open } = await walkDoors(innerUrlOf(server), endpoint.name);
      const keys = await deps.keys.list(workspace, { endpoint: endpoint.name });
      return {
        endpoint: endpoint.name,
        routes,
        authenticated: open.length === 0,
        rateLimited: keys.every((key) => key.requestsPerSecond > 0 && key.burst > 0),
        open,
      };
    }),
  ];
}

function describeRollout(rollout: RolloutRecord): JsonValue {
  const shadow = rollout.comparisons.find((comparison) => comparison.step === 'shadow');
  const canaries = rollout.comparisons.filter((comparison) => comparison.step !== 'shadow');
  const sum = (side: 'candidate' | 'control'): number =>
    canaries.reduce((rows, comparison) => rows + comparison[side].rows, 0);
  const splits = canaries.map((comparison) => comparison.srmP);
  return {
    endpoint: rollout.endpoint,
    modelVersionId: rollout.modelVersionId,
    against: rollout.against,
    arms:
      canaries.length === 0
        ? []
        : [
            { arm: 'canary', requests: sum('candidate') },
            { arm: 'primary', requests: sum('control') },
          ],
    shadow: shadow === undefined ? null : { requests: shadow.candidate.rows },
    concluded: rollout.outcome !== 'running' && rollout.comparisons.length > 0,
    // The least likely of the splits: one that went wrong is not made good by the others.
    srmP: splits.length === 0 || splits.includes(null) ? null : Math.min(...splits.map((p) => p ?? 0)),
    outcome: rollout.outcome === 'running' ? 'inconclusive' : rollout.outcome,
    changeId: rollout.changeId,
  };
}
