import {
  type ControlPlaneAddress,
  type DataPlaneStatus,
  type Endpoint,
  type InferenceKey,
  type JsonValue,
  type OnlineFeatures,
  type ServableVersion,
  servingApi,
  type TrialReport,
} from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import { pagesByKey, pagesByName } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { TableEngine } from '../storage/tables/table-engine.ts';
import type { DataPlane } from './data-plane/data-plane-service.ts';
import type { KeyLimits } from './data-plane/key-limits.ts';
import type { LiveCountsReader } from './data-plane/live-counts.ts';
import { scalingSignal } from './data-plane/scaling-signal.ts';
import type { ServingCosts } from './data-plane/serving-costs.ts';
import { stepTotals } from './data-plane/step-totals.ts';
import type { EndpointQuestions } from './endpoints/ask-endpoint.ts';
import { describeEndpoint } from './endpoints/describe-endpoint.ts';
import { primaryVersion } from './endpoints/desired-endpoint.ts';
import type { EndpointRecord } from './endpoints/endpoint-store.ts';
import type { EndpointsService } from './endpoints/endpoints-service.ts';
import type { KeysService } from './endpoints/keys-service.ts';
import type { ModelSecrets } from './endpoints/model-secrets.ts';
import type { Sandboxes } from './endpoints/sandboxes.ts';
import { reconcile } from './predictions/intake-store.ts';
import type { PredictionIntake } from './predictions/prediction-intake.ts';
import { searchPredictions } from './predictions/search-predictions.ts';
import { listTraffic } from './predictions/traffic-store.ts';
import { summarizeArms, trafficByMinute } from './predictions/traffic-views.ts';
import { findRollout } from './rollouts/rollout-store.ts';
import type { Drills } from './trials/drills.ts';
import { listReports } from './trials/report-store.ts';
import type { Trials } from './trials/trials-service.ts';

export interface ServingRoutesDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
  readonly clock: Clock;
  readonly endpoints: EndpointsService;
  readonly keys: KeysService;
  readonly sandboxes: Sandboxes;
  readonly modelSecrets: ModelSecrets;
  readonly registry: { findVersion(workspace: string, id: string): Promise<ServableVersion | undefined> };
  readonly projects: {
    find(workspace: string, name: string): Promise<{ sla: { p95Ms: number } } | undefined>;
  };
  readonly dataPlane: DataPlane;
  readonly costs: ServingCosts;
  readonly keyLimits: KeyLimits;
  readonly intake: PredictionIntake;
  readonly liveCounts: LiveCountsReader;
  readonly features: {
    readOnline(
      context: RequestContext,
      service: string,
      rows: readonly Readonly<Record<string, JsonValue>>[],
    ): Promise<OnlineFeatures>;
  };
  readonly questions: EndpointQuestions;
  readonly trials: Trials;
  readonly drills: Drills;
  /** Servers of the installation that run. */
  readonly controlPlanes: () => Promise<readonly ControlPlaneAddress[]>;
  /** The name by which people reach a server that listens on every address; `localhost` unless given. */
  readonly publicHost?: string;
}

const hourMs = 3_600_000;
const defaultLimits = { maxBodyBytes: 16 * 1024 * 1024, maxRows: 10_000, timeoutMs: 2_000 };

const reportPages = pagesByKey('trial-reports', ['number', 'string'], ({ report }: TrialReport) => [
  report.at,
  report.id,
]);
const endpointPages = pagesByName('endpoints');
const keyPages = pagesByKey(
  'inference-keys',
  ['number', 'string'],
  (key: { readonly createdAt: number; readonly id: string }) => [key.createdAt, key.id],
);
const revisionPages = pagesByKey('endpoint-revisions', ['number'], (row: { readonly revision: number }) => [
  row.revision,
]);

export function createServingRoutes(deps: ServingRoutesDeps): readonly RouteBinding[] {
  return [
    ...endpointRoutes(deps),
    ...keyRoutes(deps),
    ...secretRoutes(deps),
    ...trafficRoutes(deps),
    ...trialRoutes(deps),
    ...dataPlaneRoutes(deps),
  ];
}

function endpointRoutes(deps: ServingRoutesDeps): RouteBinding[] {
  const { endpoints, sandboxes, dataPlane, sql, clock, publicHost = 'localhost' } = deps;

  async function show(workspace: string, endpoint: EndpointRecord): Promise<Endpoint> {
    const servers = await dataPlane.alive(workspace);
    const server = servers[0];
    const served = server?.endpoints.find((candidate) => candidate.name === endpoint.name);
    const open = servers.find(({ contract }) => contract !== undefined);
    const { twinOf: _, ...shown } = endpoint;
    return {
      ...shown,
      served:
        server === undefined
          ? null
          : {
              revision: served?.revision ?? 0,
              problem: served?.problem ?? null,
              ready: server.ready && served !== undefined,
              memoryBytes: memoryOf(servers, endpoint.name),
              steps: stepTotals(servers, endpoint.name),
              httpUrl: nameHost(server.httpUrl, publicHost),
              grpcAddress: server.grpcAddress === null ? null : nameHost(server.grpcAddress, publicHost),
              contract: open?.contract ?? null,
            },
    };
  }

  async function describe(workspace: string, endpoint: EndpointRecord) {
    const { served } = await show(workspace, endpoint);
    const version = await servedVersion(deps, workspace, endpoint);
    const project = await deps.projects.find(workspace, endpoint.project);
    return describeEndpoint({
      endpoint,
      version,
      url: served?.httpUrl,
      p95Ms: project?.sla.p95Ms,
    });
  }

  return [
    bindRoute(servingApi.createEndpoint, async ({ body }, context) =>
      show(context.workspace, await endpoints.create(context, body)),
    ),

    bindRoute(servingApi.endpoints, async ({ query }, context) => {
      const { project, cursor, limit } = query;
      const filter = { project, ...endpointPages.after(cursor), limit: limit + 1 };
      const page = endpointPages.of(await endpoints.list(context.workspace, filter), limit);
      const items: Endpoint[] = [];
      for (const endpoint of page.items) items.push(await show(context.workspace, endpoint));
      return { ...page, items };
    }),

    bindRoute(servingApi.endpoint, async ({ params }, context) => {
      const endpoint = await endpoints.require(context.workspace, params.name);
      const now = clock.now();
      const counts = await listTraffic(sql, context.workspace, params.name, {
        from: now - hourMs,
        to: now + hourMs,
      });
      return { ...(await show(context.workspace, endpoint)), lastHour: summarizeArms(counts) };
    }),

    bindRoute(servingApi.endpointRevisions, async ({ params, query }, context) => {
      const [before] = revisionPages.keyBehind(query.cursor) ?? [];
      await endpoints.require(context.workspace, params.name);
      const filter = { endpoint: params.name, before, limit: query.limit + 1 };
      return revisionPages.of(await endpoints.revisions(context.workspace, filter), query.limit);
    }),

    bindRoute(servingApi.setLimits, async ({ params, body }, context) =>
      show(context.workspace, await endpoints.setLimits(context, params.name, body)),
    ),

    bindRoute(servingApi.setRequestPolicies, async ({ params, body }, context) =>
      show(context.workspace, await endpoints.setPolicies(context, params.name, body.policies)),
    ),

    bindRoute(servingApi.setResponseCache, async ({ params, body }, context) =>
      show(context.workspace, await endpoints.setCache(context, params.name, body.cache ?? undefined)),
    ),

    bindRoute(servingApi.followAlias, async ({ params, body }, context) =>
      show(context.workspace, await endpoints.follow(context, params.name, body.alias)),
    ),

    bindRoute(servingApi.unfollowAlias, async ({ params }, context) =>
      show(context.workspace, await endpoints.follow(context, params.name, undefined)),
    ),

    bindRoute(servingApi.sandbox, ({ params }, { workspace }) => sandboxes.use(workspace, params.name)),

    bindRoute(servingApi.setSandboxLimits, ({ params, body }, context) =>
      sandboxes.setLimits(context, params.name, body),
    ),

    bindRoute(servingApi.endpointOpenapi, async ({ params }, { workspace }) =>
      describe(workspace, await endpoints.require(workspace, params.name)),
    ),

    bindRoute(servingApi.setFallback, async ({ params, body }, context) =>
      show(context.workspace, await endpoints.setFallback(context, params.name, body)),
    ),
  ];
}

/** The version whose signature reads requests; undefined while there is none. */
async function servedVersion(
  { registry }: Pick<ServingRoutesDeps, 'registry'>,
  workspace: string,
  { desired }: EndpointRecord,
): Promise<ServableVersion | undefined> {
  const id = primaryVersion(desired) ?? desired.readAs;
  return id === null ? undefined : await registry.findVersion(workspace, id);
}

/** A server that listens on every address tells none that could be asked, or that a certificate is made for. */
function nameHost(address: string, host: string): string {
  return address.replace(/^(https?:\/\/)?(?:0\.0\.0\.0|\[::\])(?=:\d+$)/, `$1${host}`);
}

function memoryOf(servers: readonly DataPlaneStatus[], endpoint: string): number {
  let sum = 0;
  for (const { endpoints } of servers)
    sum += endpoints.find(({ name }) => name === endpoint)?.memoryBytes ?? 0;
  return sum;
}

function keyRoutes({ endpoints, keys, keyLimits }: ServingRoutesDeps): RouteBinding[] {
  async function withQuotas(workspace: string, items: readonly InferenceKey[]) {
    const left = await keyLimits.quotasLeft(workspace, items);
    return items.map((key) => ({ ...key, quotaLeft: left.get(key.id) ?? null }));
  }

  return [
    bindRoute(servingApi.createKey, ({ params, body }, context) => keys.create(context, [params.name], body)),
    bindRoute(servingApi.keys, async ({ params }, { workspace }) => {
      await endpoints.require(workspace, params.name);
      return { items: await withQuotas(workspace, await keys.list(workspace, { endpoint: params.name })) };
    }),
    bindRoute(servingApi.revokeKey, async ({ params }, context) => {
      await keys.revoke(context, params.id, params.name);
      return {};
    }),
    bindRoute(servingApi.createSharedKey, ({ body: { endpoints: names, ...key } }, context) =>
      keys.create(context, names, key),
    ),
    bindRoute(servingApi.allKeys, async ({ query }, { workspace }) => {
      const { endpoint, cursor, limit } = query;
      const after = keyPages.keyBehind(cursor);
      const page = keyPages.of(await keys.list(workspace, { endpoint, after, limit: limit + 1 }), limit);
      return { ...page, items: await withQuotas(workspace, page.items) };
    }),
    bindRoute(servingApi.rotateKey, ({ params, body }, context) => keys.rotate(context, params.id, body)),
    bindRoute(servingApi.revokeSharedKey, async ({ params }, context) => {
      await keys.revoke(context, params.id);
      return {};
    }),
  ];
}

function secretRoutes({ modelSecrets }: ServingRoutesDeps): RouteBinding[] {
  return [
    bindRoute(servingApi.modelSecrets, ({ query }, { workspace }) => modelSecrets.list(workspace, query)),
    bindRoute(servingApi.putModelSecret, ({ params, body }, context) =>
      modelSecrets.put(context, { name: params.name, ...body }),
    ),
    bindRoute(servingApi.deleteModelSecret, async ({ params }, context) => {
      await modelSecrets.remove(context, params.name);
      return {};
    }),
  ];
}

function trafficRoutes(deps: ServingRoutesDeps): RouteBinding[] {
  const { endpoints, sql, clock, liveCounts } = deps;
  return [
    bindRoute(servingApi.traffic, async ({ params, query }, context) => {
      await endpoints.require(context.workspace, params.name);
      const to = query.to ?? clock.now() + 60_000;
      const range = { from: query.from ?? to - hourMs, to };
      return { items: trafficByMinute(await listTraffic(sql, context.workspace, params.name, range)) };
    }),

    bindRoute(servingApi.liveCounts, ({ params, query }, { workspace }, signal) =>
      liveCounts(workspace, params.name, { ...query, signal }),
    ),

    bindRoute(servingApi.predictions, async ({ params, query }, context) => {
      await endpoints.require(context.workspace, params.name);
      const rows = await searchPredictions(deps, context.workspace, params.name, query);
      return { items: rows.map((row) => ({ ...row }) as Record<string, string | number | boolean | null>) };
    }),

    bindRoute(servingApi.reconciliation, async ({ params }, context) => {
      await endpoints.require(context.workspace, params.name);
      return { endpoint: params.name, ...(await reconcile(sql, context.workspace, params.name)) };
    }),

    bindRoute(servingApi.rollout, async ({ params }, context) => {
      const rollout = await findRollout(sql, context.workspace, params.changeId);
      if (rollout === undefined) throw esteiraError('ROLLOUT_NOT_FOUND', { id: params.changeId });
      const { former: _former, steps: _steps, ...shown } = rollout;
      return shown;
    }),
  ];
}

function trialRoutes(deps: ServingRoutesDeps): RouteBinding[] {
  const { questions, trials, drills, endpoints, projects, sql } = deps;
  return [
    bindRoute(servingApi.trialReports, async ({ query }, { workspace }) => {
      const { cursor, limit, modelVersion: modelVersionId, ...about } = query;
      const before = reportPages.keyBehind(cursor);
      const filter = { ...about, modelVersionId, before, limit: limit + 1 };
      return reportPages.of(await listReports(sql, workspace, filter), limit);
    }),
    bindRoute(servingApi.questionForm, ({ params }, { workspace }) => questions.form(workspace, params.name)),
    bindRoute(servingApi.ask, ({ params, body }, context) => questions.ask(context, params.name, body.rows)),
    bindRoute(servingApi.integrationTests, ({ params }, context) =>
      trials.integrationTests(context, params.id, defaultLimits),
    ),
    bindRoute(servingApi.benchmark, async ({ params, body }, context) => {
      const { workspace } = context;
      const { desired, project } = await endpoints.require(workspace, params.name);
      const { modelVersionId, rows, quantile, slaMs, ...rates } = body;
      const ms = slaMs ?? (await projects.find(workspace, project))?.sla.p95Ms ?? Number.MAX_SAFE_INTEGER;
      const load = { ...rates, sla: { quantile, ms } };
      return await trials.benchmark(context, { endpoint: params.name, desired, modelVersionId, rows, load });
    }),
    bindRoute(servingApi.fallbackDrill, ({ params, body }, context) =>
      drills.fallback(context, params.name, body.modelVersionId),
    ),
    bindRoute(servingApi.rollbackDrill, ({ params, body }, context) =>
      drills.rollback(context, params.name, body.modelVersionId),
    ),
  ];
}

function dataPlaneRoutes(deps: ServingRoutesDeps): RouteBinding[] {
  const { dataPlane, intake, costs, keyLimits, sandboxes } = deps;
  return [
    bindRoute(servingApi.snapshot, async ({ query }, context, signal) => ({
      snapshot: (await dataPlane.snapshot(context.workspace, query.after, signal)) ?? null,
      controlPlanes: [...(await deps.controlPlanes())],
    })),
    bindRoute(servingApi.bundleFile, async ({ params }, context) => {
      const { size, bytes } = await dataPlane.bundleFile(context.workspace, params.digest, params.file);
      return { contentType: 'application/octet-stream', bytes, size };
    }),
    bindRoute(servingApi.intake, async ({ query, body }, context) => ({
      acknowledged: await intake.take(context, query, body),
    })),
    bindRoute(servingApi.onlineFeatures, ({ body }, context) =>
      deps.features.readOnline(context, body.featureService, body.rows),
    ),
    bindRoute(servingApi.keySlices, ({ body }, context) => keyLimits.exchange(context.workspace, body)),
    bindRoute(servingApi.scaling, async ({ query }, { workspace }) =>
      scalingSignal(await dataPlane.alive(workspace), query),
    ),

    bindRoute(servingApi.dataPlaneStatus, async ({ body }, context) => {
      await dataPlane.status(context, body);
      for (const { name, callers } of body.endpoints) await sandboxes.count(context, name, callers);
      await costs.account(context, body);
      return {};
    }),
  ];
}
