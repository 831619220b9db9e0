import {
  type FilterGrammar,
  type LoggedModelDescription,
  loggedModelsApi,
  numberOperators,
  parseOrder,
} from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import { pagesByKey } from '../../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { Artifacts } from '../artifacts/artifact-service.ts';
import { listArtifacts } from '../artifacts/artifact-store.ts';
import { downloadArtifact } from '../artifacts/download-artifact.ts';
import { findExperiment } from '../experiment-store.ts';
import { metricToWire } from '../metric-value.ts';
import type {
  LoggedModelAttribute,
  LoggedModelCondition,
  LoggedModelOrder,
  LoggedModelRecord,
} from './logged-model.ts';
import type { LoggedModels } from './logged-models.ts';

interface LoggedModelRouteDeps {
  readonly sql: SqlReader;
  readonly blobs: BlobStore;
  readonly loggedModels: LoggedModels;
  readonly tracking: { readonly artifacts: Pick<Artifacts, 'find'> };
  readonly describe: (workspace: string, id: string) => Promise<LoggedModelDescription>;
}

const artifactPages = pagesByKey('logged-model-artifacts', ['string'], (file: { readonly path: string }) => [
  file.path,
]);

const attributes: readonly LoggedModelAttribute[] = ['name', 'type', 'status', 'createdAt', 'updatedAt'];

/** What a list of logged models is ordered by. */
const orderGrammar: FilterGrammar<LoggedModelOrder['field']> = {
  field(name, prefix) {
    if (prefix === 'metrics')
      return { field: { kind: 'metric', name, on: {} }, type: 'number', operators: numberOperators };
    const attribute = attributes.find((known) => known === name);
    if (prefix !== undefined || attribute === undefined)
      return `logged models are ordered by ${attributes.join(', ')} or metrics.<name>`;
    return { field: { kind: 'attribute', name: attribute }, type: 'text', operators: [] };
  },
  refuse: (problem) => esteiraError('INVALID_REQUEST', { problem: `query.orderBy: ${problem}` }),
};

/** Shows logged models. Apart from the room, for the registry is asked what was made of one. */
export function createLoggedModelRoutes(deps: LoggedModelRouteDeps): readonly RouteBinding[] {
  const { sql, loggedModels } = deps;

  async function experimentIdOf(workspace: string, name: string): Promise<string> {
    const experiment = await findExperiment(sql, workspace, { name });
    if (experiment === undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id: name });
    return experiment.id;
  }

  return [
    bindRoute(loggedModelsApi.searchLoggedModels, async ({ query }, { workspace }) => {
      const { experiment: name, orderBy, limit, cursor } = query;
      const { items, nextCursor } = await loggedModels.search(workspace, {
        experimentIds: name === undefined ? undefined : [await experimentIdOf(workspace, name)],
        conditions: conditionsOf(query),
        datasets: [],
        orders: orderBy === undefined ? [] : [parseOrder(orderBy, orderGrammar)],
        limit,
        cursor,
      });
      return { items: items.map(toWire), ...(nextCursor === undefined ? {} : { nextCursor }) };
    }),
    bindRoute(loggedModelsApi.getLoggedModel, async ({ params }, { workspace }) => {
      const model = await loggedModels.show(workspace, params.id);
      const experiment = await findExperiment(sql, workspace, { id: model.experimentId });
      return {
        ...toWire(model),
        experiment: experiment?.name ?? '',
        description: await deps.describe(workspace, params.id),
      };
    }),
    bindRoute(loggedModelsApi.listLoggedModelArtifacts, async ({ params, query }, { workspace }) => {
      const [after] = artifactPages.keyBehind(query.cursor) ?? [];
      const { id } = await loggedModels.show(workspace, params.id);
      const owner = { kind: 'logged-model', id } as const;
      const files = await listArtifacts(sql, workspace, owner, { after, limit: query.limit + 1 });
      return artifactPages.of(files, query.limit);
    }),
    bindRoute(loggedModelsApi.getLoggedModelArtifact, async ({ params, query }, { workspace }) => {
      const { id } = await loggedModels.show(workspace, params.id);
      const { artifacts } = deps.tracking;
      return await downloadArtifact(
        { blobs: deps.blobs, artifacts },
        workspace,
        { kind: 'logged-model', id },
        query,
      );
    }),
  ];
}

function conditionsOf({
  run,
  text,
}: {
  readonly run?: string | undefined;
  readonly text?: string | undefined;
}): LoggedModelCondition[] {
  const conditions: LoggedModelCondition[] = [];
  if (run !== undefined)
    conditions.push({ field: { kind: 'attribute', name: 'sourceRunId' }, operator: '=', value: run });
  if (text !== undefined)
    conditions.push({ field: { kind: 'attribute', name: 'name' }, operator: 'ilike', value: `%${text}%` });
  return conditions;
}

function toWire(model: LoggedModelRecord) {
  const { id, experimentId, name, type, sourceRunId, status, createdBy, createdAt, updatedAt } = model;
  return {
    ...{ id, experimentId, name, type, sourceRunId, status, createdBy, createdAt, updatedAt },
    params: { ...model.params },
    tags: { ...model.tags },
    metrics: model.metrics.map((metric) => ({
      name: metric.name,
      value: metricToWire(metric.value),
      step: metric.step,
      at: metric.at,
      runId: metric.runId,
      datasetName: metric.datasetName ?? null,
      datasetDigest: metric.datasetDigest ?? null,
    })),
  };
}
