import { type MetricValue, trackingApi } from '@esteira/contracts';
import type { Lineage } from '../governance/index.ts';
import { esteiraError } from '../kernel/errors.ts';
import { pagesByKey } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import { checkArtifactPath } from './artifacts/artifact-path.ts';
import { listArtifacts } from './artifacts/artifact-store.ts';
import { downloadArtifact } from './artifacts/download-artifact.ts';
import { findExperiment, listExperiments } from './experiment-store.ts';
import { forkRun } from './fork/fork-run.ts';
import { metricFromWire, metricToWire } from './metric-value.ts';
import type { Run } from './run.ts';
import { parseRunOrder } from './run-filter.ts';
import { countRuns } from './run-search.ts';
import { findRunHead } from './run-store.ts';
import { compareRuns, type RunColumns, searchRuns, showMetricHistory, showRun } from './run-views.ts';
import { toRunSearch } from './to-run-search.ts';
import type { TrackingService } from './tracking-service.ts';

const experimentPages = pagesByKey(
  'experiments',
  ['number', 'string'],
  (experiment: { readonly createdAt: number; readonly id: string }) => [experiment.createdAt, experiment.id],
);
const artifactPages = pagesByKey('artifacts', ['string'], (artifact: { readonly path: string }) => [
  artifact.path,
]);

export function trackingRoutes(deps: {
  sql: SqlDatabase;
  blobs: BlobStore;
  lineage: Lineage;
  service: TrackingService;
}): readonly RouteBinding[] {
  const { sql, service } = deps;
  const search = { sql, texts: service.texts };

  async function shownRun(workspace: string, id: string) {
    return runToWire(await showRun(sql, workspace, id));
  }

  async function knownRun(workspace: string, id: string): Promise<void> {
    if ((await findRunHead(sql, workspace, id)) === undefined) throw esteiraError('RUN_NOT_FOUND', { id });
  }

  return [
    bindRoute(trackingApi.createExperiment, ({ body }, context) => service.createExperiment(context, body)),
    bindRoute(trackingApi.listExperiments, async ({ query }, { workspace }) => {
      const after = experimentPages.keyBehind(query.cursor);
      const rows = await listExperiments(sql, workspace, {
        project: query.project,
        name: query.name,
        number: query.number,
        deleted: query.deleted === 'only',
        ...(after === undefined ? {} : { after }),
        limit: query.limit + 1,
      });
      return experimentPages.of(rows, query.limit);
    }),
    bindRoute(trackingApi.getExperiment, async ({ params }, { workspace }) => {
      const found = await findExperiment(sql, workspace, params);
      if (found === undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id: params.id });
      return found;
    }),
    bindRoute(trackingApi.updateExperiment, ({ params, body }, context) =>
      service.updateExperiment(context, params.id, body),
    ),
    bindRoute(trackingApi.deleteExperiment, ({ params }, context) =>
      service.deleteExperiment(context, params.id),
    ),
    bindRoute(trackingApi.restoreExperiment, ({ params }, context) =>
      service.restoreExperiment(context, params.id),
    ),
    bindRoute(trackingApi.startRun, async ({ body }, context) => {
      const run = await service.startRun(context, body);
      return runToWire({ ...run, params: {}, metrics: {}, tags: body.tags });
    }),
    bindRoute(trackingApi.updateRun, async ({ params, body }, context) => {
      await service.updateRun(context, params.id, body);
      return shownRun(context.workspace, params.id);
    }),
    bindRoute(trackingApi.log, async ({ params, body }, context) => {
      const metrics = body.metrics.map(({ name, value, step, at }) => ({
        name,
        value: metricFromWire(value),
        step,
        ...(at === undefined ? {} : { at }),
      }));
      await service.log(context, params.id, { ...body, metrics });
      return {};
    }),
    bindRoute(trackingApi.searchRuns, async ({ query }, { workspace }) => {
      const { items, nextCursor } = await searchRuns(
        sql,
        workspace,
        {
          ...(await toRunSearch(search, workspace, query)),
          orders: [parseRunOrder(query.orderBy ?? 'startedAt desc')],
          limit: query.limit,
          cursor: query.cursor,
        },
        query.columns === undefined ? {} : parseColumns(query.columns),
      );
      return {
        items: items.map(({ matches, ...run }) => ({
          ...runToWire(run),
          ...(matches === undefined ? {} : { matches: [...matches] }),
        })),
        ...(nextCursor === undefined ? {} : { nextCursor }),
      };
    }),
    bindRoute(trackingApi.countRuns, async ({ query }, { workspace }) => ({
      runs: await countRuns(sql, workspace, await toRunSearch(search, workspace, query)),
    })),
    bindRoute(trackingApi.getRun, async ({ params }, { workspace }) => {
      const run = await showRun(sql, workspace, params.id);
      return {
        ...runToWire(run),
        inputs: [...run.inputs],
        outputs: [...run.outputs],
        children: [...run.children],
      };
    }),
    bindRoute(trackingApi.metricHistory, async ({ params, query }, { workspace }) => {
      const history = await showMetricHistory(sql, workspace, params.id, query.name, query);
      const points = history.points.map((point) => ({ ...point, value: metricToWire(point.value) }));
      return { name: query.name, points, total: history.total, thinned: history.thinned };
    }),
    bindRoute(trackingApi.compareRuns, async ({ body }, { workspace }) => {
      const { runs, params, metrics, artifacts, artifactsComplete } = await compareRuns(
        sql,
        workspace,
        body.runs,
      );
      return {
        runs: [...runs],
        params: params.map((entry) => ({ ...entry, values: [...entry.values] })),
        artifacts: artifacts.map((entry) => ({ ...entry, values: [...entry.values] })),
        artifactsComplete,
        metrics: metrics.map((entry) => ({
          ...entry,
          values: entry.values.map((value) => (value === null ? null : metricToWire(value))),
        })),
      };
    }),
    bindRoute(trackingApi.forkRun, async ({ params, body }, context) =>
      shownRun(context.workspace, await forkRun(deps, context, params.id, body)),
    ),
    bindRoute(trackingApi.deleteRun, async ({ params }, context) => {
      await service.deleteRun(context, params.id);
      return shownRun(context.workspace, params.id);
    }),
    bindRoute(trackingApi.restoreRun, async ({ params }, context) => {
      await service.restoreRun(context, params.id);
      return shownRun(context.workspace, params.id);
    }),
    bindRoute(trackingApi.putArtifact, ({ params, query, body }, context) =>
      service.putArtifact(context, params.id, query.path, body),
    ),
    bindRoute(trackingApi.listArtifacts, async ({ params, query }, { workspace }) => {
      await knownRun(workspace, params.id);
      if (query.under) checkArtifactPath(query.under);
      const [after] = artifactPages.keyBehind(query.cursor) ?? [];
      const filter = { under: query.under, after, limit: query.limit + 1 };
      const owner = { kind: 'run', id: params.id } as const;
      return artifactPages.of(await listArtifacts(sql, workspace, owner, filter), query.limit);
    }),
    bindRoute(trackingApi.getArtifact, async ({ params, query }, { workspace }) => {
      await knownRun(workspace, params.id);
      const { artifacts } = service;
      return await downloadArtifact(
        { blobs: deps.blobs, artifacts },
        workspace,
        { kind: 'run', id: params.id },
        query,
      );
    }),
  ];
}

function runToWire<R extends Run>(run: R) {
  const metrics: Record<string, { value: MetricValue; step: number; at: number }> = {};
  for (const [name, { value, step, at }] of Object.entries(run.metrics)) {
    metrics[name] = { value: metricToWire(value), step, at };
  }
  return { ...run, params: { ...run.params }, tags: { ...run.tags }, metrics };
}

function parseColumns(text: string): RunColumns {
  const columns = { metrics: [] as string[], params: [] as string[], tags: [] as string[] };
  if (text.trim() === '') return columns;
  for (const column of text.split(',')) {
    const [, kind, name] = /^\s*(metrics|params|tags)\.(.+?)\s*$/.exec(column) ?? [];
    if (kind === undefined || name === undefined) {
      throw esteiraError('RUN_FILTER_INVALID', { problem: `"${column}" is not a column like metrics.auc` });
    }
    columns[kind as keyof typeof columns].push(name);
  }
  return columns;
}
