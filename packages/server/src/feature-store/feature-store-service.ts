import type {
  Entity,
  FeatureService,
  FeatureView,
  JsonValue,
  Materialization,
  OnlineFeatures,
  TrainingSetSpine,
} from '@esteira/contracts';
import type { Datasets } from '../datasets/index.ts';
import { type AuditLog, canonicalDigest, type Lineage } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { Projects } from '../projects/index.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { Cache } from '../storage/cache/cache.ts';
import type { SqlDatabase, SqlReader } from '../storage/sql/sql-database.ts';
import { createSafeSql } from '../storage/tables/safe-sql.ts';
import type { TableEngine } from '../storage/tables/table-engine.ts';
import { buildTrainingSet } from './build-training-set.ts';
import { expressionProblem, serviceProblem, viewProblem } from './definition-problems.ts';
import {
  type Definition,
  type DefinitionKind,
  findDefinition,
  insertDefinition,
  listDefinitions,
} from './definition-store.ts';
import { findMaterialization, packKey, replaceOnlineRows } from './online-store.ts';
import { createOnlineValues } from './online-values.ts';
import { readOnlineFeatures } from './read-online-features.ts';
import { keyColumns, type NamedView, onlineSql, type ViewBody } from './trailing-features-sql.ts';
import type { ServiceBody } from './training-set-sql.ts';

type EntityBody = Omit<Entity, 'name' | 'version' | 'digest' | 'createdAt'>;
type Run = { readonly signal: AbortSignal; progress(share: number, message: string): void };
type DerivedVersion = Awaited<ReturnType<Datasets['registerDerived']>>;

export interface FeatureStoreDeps {
  readonly sql: SqlDatabase;
  readonly tables: TableEngine;
  readonly blobs: BlobStore;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly lineage: Lineage;
  readonly datasets: Datasets;
  readonly projects: Projects;
}

export interface FeatureStoreService {
  putEntity(context: RequestContext, name: string, body: EntityBody): Promise<Entity>;
  /** Throws FEATURE_DEFINITION_INVALID naming the part, FEATURE_DEFINITION_NOT_FOUND for an unknown entity. */
  putFeatureView(context: RequestContext, name: string, body: ViewBody): Promise<FeatureView>;
  putFeatureService(context: RequestContext, name: string, body: ServiceBody): Promise<FeatureService>;
  entities(
    workspace: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<readonly Entity[]>;
  featureViews(
    workspace: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<readonly (FeatureView & { materialized: Materialization | null })[]>;
  featureServices(
    workspace: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<readonly FeatureService[]>;
  /** Builds a training set; long, so it runs in a job or a step. Throws TRAINING_SET_FAILED, FEATURE_SOURCE_MISSING. */
  buildTrainingSet(
    context: RequestContext,
    wanted: TrainingSetSpine,
    project: string | undefined,
    run: Run,
  ): Promise<DerivedVersion>;
  /** Computes the online values of a view as of `at` (ms) from a version, the newest unless named. */
  materialize(
    context: RequestContext,
    view: string,
    wanted: { at: number; versionId?: string | undefined },
  ): Promise<Materialization>;
  readOnline(
    context: RequestContext,
    service: string,
    rows: readonly Readonly<Record<string, JsonValue>>[],
  ): Promise<OnlineFeatures>;
}

export function createFeatureStoreService(deps: FeatureStoreDeps): FeatureStoreService {
  const safe = createSafeSql({ tables: deps.tables });
  const online = createOnlineValues(deps);

  return {
    async putEntity(context, name, body) {
      return toWhole(await putDefinition(deps, context, 'entity', name, body));
    },

    async putFeatureView(context, name, body) {
      const entity = await requireDefinition<EntityBody>(deps.sql, context.workspace, 'entity', body.entity);
      refuse(name, await viewProblem(body, entity.body.joinKeys, safe));
      return toWhole(await putDefinition(deps, context, 'feature-view', name, body));
    },

    async putFeatureService(context, name, body) {
      const views = new Map<string, NamedView>();
      for (const { view } of body.features) {
        const found = await findDefinition<ViewBody>(deps.sql, context.workspace, 'feature-view', view);
        if (found) views.set(view, found);
      }
      refuse(name, await serviceProblem(body, views, safe));
      return toWhole(await putDefinition(deps, context, 'feature-service', name, body));
    },

    async entities(workspace, page) {
      return (await listDefinitions<EntityBody>(deps.sql, workspace, 'entity', page)).map(toWhole);
    },
    async featureViews(workspace, page) {
      const views = await listDefinitions<ViewBody>(deps.sql, workspace, 'feature-view', page);
      return await Promise.all(
        views.map(async (view) => ({
          ...toWhole(view),
          materialized: (await findMaterialization(deps.sql, workspace, view.name)) ?? null,
        })),
      );
    },
    async featureServices(workspace, page) {
      return (await listDefinitions<ServiceBody>(deps.sql, workspace, 'feature-service', page)).map(toWhole);
    },

    async buildTrainingSet(context, wanted, project, run) {
      const { service, views } = await openService(deps.sql, context.workspace, wanted.featureService);
      const expressions = {
        ...(wanted.label === undefined ? {} : { label: wanted.label }),
        ...(wanted.where === undefined ? {} : { where: wanted.where }),
      };
      refuse(wanted.name, await expressionProblem(expressions, safe));
      const version = await buildTrainingSet(deps, context, { wanted, project, service, views }, run);
      await deps.sql.transaction(async (tx) => {
        for (const view of new Set(views)) {
          await deps.lineage.link(tx, context, {
            from: { kind: 'feature-view', id: view.name },
            to: { kind: 'dataset-version', id: version.id },
            relation: 'computed-by',
            toDigest: version.digest,
          });
        }
        if (project !== undefined) {
          await deps.projects.reach(tx, context, project, 'features', {
            kind: 'dataset-version',
            id: version.id,
          });
        }
      });
      return version;
    },

    async materialize(context, name, wanted) {
      const view = await requireDefinition<ViewBody>(deps.sql, context.workspace, 'feature-view', name);
      const versionId =
        wanted.versionId ?? (await deps.datasets.latestVersionId(context.workspace, view.body.source));
      if (versionId === undefined)
        throw esteiraError('FEATURE_SOURCE_MISSING', { view: name, dataset: view.body.source });
      const source = await deps.datasets.open(context.workspace, versionId);
      const rows = await deps.tables.query(onlineSql(view, source.from, wanted.at));
      const keys = keyColumns(view.body);
      const values = rows.map((row) => ({
        key: packKey(keys.map((key) => String(row[key] ?? ''))),
        values: view.body.features.map((feature) => toNumber(row[feature.name])),
      }));
      const materialization: Materialization = {
        view: name,
        viewVersion: view.version,
        at: wanted.at,
        rows: values.length,
        sourceVersionId: versionId,
        writtenAt: deps.clock.now(),
      };
      const former = await findMaterialization(deps.sql, context.workspace, name);
      await online.keep(context.workspace, materialization, values);
      await deps.sql.transaction(async (tx) => {
        await replaceOnlineRows(tx, context.workspace, materialization, values);
        await deps.audit.record(tx, context, {
          action: 'feature-store.view.materialized',
          subject: { kind: 'feature-view', id: name },
          details: { at: wanted.at, rows: values.length, sourceVersionId: versionId },
        });
      });
      if (former !== undefined) await online.forget(context.workspace, former, values);
      return materialization;
    },

    async readOnline(context, name, rows) {
      const { service, views } = await openService(deps.sql, context.workspace, name);
      const columnTypes = await sourceTypes(deps.datasets, context.workspace, views);
      return await readOnlineFeatures(
        { online, tables: deps.tables },
        {
          workspace: context.workspace,
          service,
          views,
          rows,
          columnTypes,
          now: deps.clock.now(),
        },
      );
    },
  };
}

async function putDefinition<Body extends object>(
  deps: FeatureStoreDeps,
  context: RequestContext,
  kind: DefinitionKind,
  name: string,
  body: Body,
): Promise<Definition<Body>> {
  const digest = canonicalDigest(JSON.parse(JSON.stringify(body)));
  return await deps.sql.transaction(async (tx) => {
    const current = await findDefinition<Body>(tx, context.workspace, kind, name);
    if (current?.digest === digest) return current;
    const definition = {
      name,
      version: (current?.version ?? 0) + 1,
      digest,
      createdAt: deps.clock.now(),
      body,
    };
    await insertDefinition(tx, context.workspace, kind, definition);
    await deps.audit.record(tx, context, {
      action: `feature-store.${kind}.defined`,
      subject: { kind, id: name },
      details: { version: definition.version, digest },
    });
    return definition;
  });
}

async function openService(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<{ service: FeatureService; views: readonly NamedView[] }> {
  const service = await requireDefinition<ServiceBody>(sql, workspace, 'feature-service', name);
  const views = new Map<string, NamedView>();
  for (const { view } of service.body.features) {
    if (!views.has(view))
      views.set(view, await requireDefinition<ViewBody>(sql, workspace, 'feature-view', view));
  }
  return {
    service: toWhole(service),
    views: service.body.features.flatMap(({ view }) => views.get(view) ?? []),
  };
}

async function requireDefinition<Body>(
  sql: SqlReader,
  workspace: string,
  kind: DefinitionKind,
  name: string,
): Promise<Definition<Body>> {
  const found = await findDefinition<Body>(sql, workspace, kind, name);
  if (!found) throw esteiraError('FEATURE_DEFINITION_NOT_FOUND', { kind: kind.replace('-', ' '), name });
  return found;
}

/** Types of the columns of the newest versions that the views read. */
async function sourceTypes(
  datasets: Datasets,
  workspace: string,
  views: readonly NamedView[],
): Promise<ReadonlyMap<string, string>> {
  const types = new Map<string, string>();
  for (const source of new Set(views.map((view) => view.body.source))) {
    const versionId = await datasets.latestVersionId(workspace, source);
    if (versionId === undefined) continue;
    for (const { name, type } of (await datasets.open(workspace, versionId)).columns) types.set(name, type);
  }
  return types;
}

function toWhole<Body extends object>({
  body,
  ...definition
}: Definition<Body>): Body & Omit<Definition<Body>, 'body'> {
  return { ...definition, ...body };
}

function refuse(name: string, problem: string | undefined): void {
  if (problem !== undefined) throw esteiraError('FEATURE_DEFINITION_INVALID', { name, problem });
}

function toNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
