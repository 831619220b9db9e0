import {
  type DesiredEndpoint,
  type DesiredPredictor,
  type EndpointStage,
  keepsAnswers,
  type RequestPolicies,
  type ResponseCache,
  type ServableVersion,
} from '@esteira/contracts';
import type { AuditLog, Lineage } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import type { EventBus } from '../../storage/events/event-bus.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { ServingNews } from '../news.ts';
import { checkPolicies } from './check-policies.ts';
import { emptyEndpoint, primaryVersion, sameDesired, versionsOf } from './desired-endpoint.ts';
import {
  deleteTwin,
  type EndpointRecord,
  findEndpoint,
  insertEndpoint,
  insertRevision,
  listEndpoints,
  listRevisions,
  raiseSnapshotRevision,
} from './endpoint-store.ts';

export interface EndpointsDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly random: RandomSource;
  readonly audit: AuditLog;
  readonly events: EventBus;
  readonly lineage: Pick<Lineage, 'link'>;
  readonly news: ServingNews;
  readonly registry: {
    findModel(
      workspace: string,
      name: string,
    ): Promise<{ name: string; aliases?: Readonly<Record<string, number>> } | undefined>;
    findVersion(workspace: string, id: string): Promise<ServableVersion | undefined>;
  };
  readonly projects: {
    reach(
      tx: SqlTransaction,
      context: RequestContext,
      project: string,
      stage: 'gate' | 'deployment',
      node: { kind: 'change' | 'endpoint'; id: string },
    ): Promise<void>;
  };
  /** Called when a workspace gets its first endpoint. */
  readonly onFirstEndpoint: (workspace: string) => void;
}

export interface EndpointsService {
  create(context: RequestContext, endpoint: NewEndpoint): Promise<EndpointRecord>;
  find(workspace: string, name: string): Promise<EndpointRecord | undefined>;
  /** Throws ENDPOINT_NOT_FOUND. */
  require(workspace: string, name: string): Promise<EndpointRecord>;
  list(workspace: string, filter: Parameters<typeof listEndpoints>[2]): Promise<readonly EndpointRecord[]>;
  revisions(workspace: string, filter: Parameters<typeof listRevisions>[2]): ReturnType<typeof listRevisions>;
  /**
   * Gives the endpoint a new state in one transaction; nothing happens when it has that state. Only changes and drills move
   * traffic; the routes reach the fallback and the limits alone.
   */
  revise(context: RequestContext, name: string, revision: Revision): Promise<EndpointRecord>;
  setFallback(context: RequestContext, name: string, fallback: DesiredPredictor): Promise<EndpointRecord>;
  /** A twin of the endpoint for a drill: same project, model and limits, no users. Replaces one that was left over. */
  createTwin(context: RequestContext, name: string, desired: DesiredEndpoint): Promise<EndpointRecord>;
  removeTwin(context: RequestContext, twin: string): Promise<void>;
  setLimits(
    context: RequestContext,
    name: string,
    limits: DesiredEndpoint['limits'],
  ): Promise<EndpointRecord>;
  /** Throws REQUEST_POLICY_UNFIT for what the features of the model do not have. */
  setPolicies(context: RequestContext, name: string, policies: RequestPolicies): Promise<EndpointRecord>;
  /** Has answers kept, or none. Throws RESPONSE_CACHE_UNFIT where what is served may answer equal questions differently. */
  setCache(context: RequestContext, name: string, cache: ResponseCache | undefined): Promise<EndpointRecord>;
  /** Has an endpoint follow an alias of its model, or none. Throws MODEL_ALIAS_NOT_FOUND. */
  follow(context: RequestContext, name: string, alias: string | undefined): Promise<EndpointRecord>;
}

interface NewEndpoint {
  readonly name: string;
  readonly project: string;
  readonly stage: EndpointStage;
  readonly model: string;
  readonly limits: DesiredEndpoint['limits'];
}

interface Revision {
  readonly change: (desired: DesiredEndpoint) => DesiredEndpoint;
  readonly reason: string;
  readonly changeId?: string;
}

export function createEndpointsService(deps: EndpointsDeps): EndpointsService {
  const { sql, clock, news } = deps;

  async function require(workspace: string, name: string): Promise<EndpointRecord> {
    const endpoint = await findEndpoint(sql, workspace, name);
    if (endpoint === undefined || endpoint.twinOf !== undefined)
      throw esteiraError('ENDPOINT_NOT_FOUND', { name });
    return endpoint;
  }

  async function insert(
    tx: SqlTransaction,
    context: RequestContext,
    endpoint: NewEndpoint,
    desired: DesiredEndpoint,
    twinOf?: string,
  ): Promise<void> {
    const { workspace } = context;
    const at = clock.now();
    const { name, project, stage, model } = endpoint;
    await insertEndpoint(tx, workspace, {
      name,
      project,
      stage,
      model,
      twinOf,
      revision: 1,
      createdBy: context.actor.id,
      createdAt: at,
      updatedAt: at,
    });
    const reason = twinOf === undefined ? 'created' : 'drill';
    await insertRevision(tx, workspace, name, {
      revision: 1,
      desired,
      reason,
      changeId: null,
      actor: context.actor.id,
      createdAt: at,
    });
    await raiseSnapshotRevision(tx, workspace);
    news.announce(tx, workspace);
  }

  async function revise(context: RequestContext, name: string, revision: Revision): Promise<EndpointRecord> {
    const { workspace } = context;
    await sql.transaction(async (tx) => {
      const endpoint = await findEndpoint(tx, workspace, name);
      if (endpoint === undefined) throw esteiraError('ENDPOINT_NOT_FOUND', { name });
      const desired = revision.change(endpoint.desired);
      if (sameDesired(desired, endpoint.desired)) return;
      const next = endpoint.revision + 1;
      await insertRevision(tx, workspace, name, {
        revision: next,
        desired,
        reason: revision.reason,
        changeId: revision.changeId ?? null,
        actor: context.actor.id,
        createdAt: clock.now(),
      });
      await raiseSnapshotRevision(tx, workspace);
      news.announce(tx, workspace);
      if (endpoint.twinOf !== undefined) return;
      await deps.audit.record(tx, context, {
        action: 'serving.endpoint.revised',
        subject: { kind: 'endpoint', id: name },
        details: {
          revision: next,
          reason: revision.reason,
          changeId: revision.changeId ?? null,
          arms: desired.arms,
          shadow: desired.shadow,
          fallback: desired.fallback,
        },
      });
      await deps.events.emit(tx, context, 'endpoint.changed', { endpoint: name, revision: next });
      const primary = primaryVersion(desired);
      if (primary !== undefined && primary !== primaryVersion(endpoint.desired)) {
        await deps.lineage.link(tx, context, {
          from: { kind: 'model-version', id: primary },
          to: { kind: 'endpoint', id: name },
          relation: 'served-by',
        });
        await deps.projects.reach(tx, context, endpoint.project, 'deployment', {
          kind: 'endpoint',
          id: name,
        });
      }
    });
    const revised = await findEndpoint(sql, workspace, name);
    if (revised === undefined) throw esteiraError('ENDPOINT_NOT_FOUND', { name });
    return revised;
  }

  async function requireVersion(
    workspace: string,
    endpoint: { name: string; model: string },
    id: string,
  ): Promise<void> {
    const version = await deps.registry.findVersion(workspace, id);
    if (version === undefined) throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: id });
    if (version.model !== endpoint.model) {
      throw esteiraError('ENDPOINT_MODEL_MISMATCH', {
        endpoint: endpoint.name,
        model: endpoint.model,
        other: version.model,
      });
    }
  }

  /** The version by whose signature the endpoint reads requests; undefined before the first. */
  async function findReader(workspace: string, name: string): Promise<ServableVersion | undefined> {
    const { desired } = await require(workspace, name);
    const read = primaryVersion(desired) ?? desired.readAs;
    return read === null ? undefined : await deps.registry.findVersion(workspace, read);
  }

  return {
    async create(context, endpoint) {
      const { workspace } = context;
      if ((await deps.registry.findModel(workspace, endpoint.model)) === undefined) {
        throw esteiraError('MODEL_NOT_FOUND', { name: endpoint.model });
      }
      await sql.transaction(async (tx) => {
        if ((await findEndpoint(tx, workspace, endpoint.name)) !== undefined) {
          throw esteiraError('ENDPOINT_NAME_TAKEN', { name: endpoint.name });
        }
        await insert(tx, context, endpoint, emptyEndpoint(endpoint.limits));
        await deps.audit.record(tx, context, {
          action: 'serving.endpoint.created',
          subject: { kind: 'endpoint', id: endpoint.name },
          details: { project: endpoint.project, stage: endpoint.stage, model: endpoint.model },
        });
        tx.afterCommit(() => deps.onFirstEndpoint(workspace));
      });
      return await require(workspace, endpoint.name);
    },

    find: (workspace, name) => findEndpoint(sql, workspace, name),
    require,
    list: (workspace, filter) => listEndpoints(sql, workspace, filter),
    revisions: (workspace, filter) => listRevisions(sql, workspace, filter),
    revise,

    async setFallback(context, name, fallback) {
      const endpoint = await require(context.workspace, name);
      if (fallback.kind === 'version') {
        await requireVersion(context.workspace, endpoint, fallback.modelVersionId);
        const armed = endpoint.desired.arms.some(
          (arm) =>
            arm.predictor.kind === 'version' && arm.predictor.modelVersionId === fallback.modelVersionId,
        );
        if (armed) throw esteiraError('FALLBACK_IS_ITSELF');
      }
      return await revise(context, name, {
        change: (desired) => ({ ...desired, fallback }),
        reason: 'fallback set',
      });
    },

    async createTwin(context, name, desired) {
      const { workspace } = context;
      const endpoint = await require(workspace, name);
      for (const id of versionsOf(desired)) await requireVersion(workspace, endpoint, id);
      const twin = `${name}~drill`;
      await sql.transaction(async (tx) => {
        await deleteTwin(tx, workspace, twin);
        await insert(tx, context, { ...endpoint, name: twin, limits: desired.limits }, desired, name);
      });
      const made = await findEndpoint(sql, workspace, twin);
      if (made === undefined) throw esteiraError('ENDPOINT_NOT_FOUND', { name: twin });
      return made;
    },

    async removeTwin(context, twin) {
      await sql.transaction(async (tx) => {
        await deleteTwin(tx, context.workspace, twin);
        await raiseSnapshotRevision(tx, context.workspace);
        news.announce(tx, context.workspace);
      });
    },

    async setLimits(context, name, limits) {
      await require(context.workspace, name);
      return await revise(context, name, {
        change: (desired) => ({ ...desired, limits }),
        reason: 'limits set',
      });
    },

    async setPolicies(context, name, policies) {
      const version = await findReader(context.workspace, name);
      if (version === undefined && Object.keys(policies).length > 0)
        throw esteiraError('ENDPOINT_STATE', { endpoint: name, problem: 'it serves no version yet' });
      if (version !== undefined) checkPolicies(name, policies, version.signature);
      return await revise(context, name, {
        change: ({ policies: _, ...rest }) =>
          Object.keys(policies).length === 0 ? rest : { ...rest, policies },
        reason: 'request policies set',
      });
    },

    async setCache(context, name, cache) {
      const version = await findReader(context.workspace, name);
      if (cache !== undefined && version !== undefined && !keepsAnswers(cache, version.signature))
        throw esteiraError('RESPONSE_CACHE_UNFIT', {
          endpoint: name,
          model: version.model,
          version: String(version.version),
        });
      return await revise(context, name, {
        change: ({ cache: _, ...rest }) => (cache === undefined ? rest : { ...rest, cache }),
        reason: cache === undefined ? 'answers are not kept any more' : 'answers are kept',
      });
    },

    async follow(context, name, alias) {
      const { model } = await require(context.workspace, name);
      if (alias !== undefined) {
        const found = await deps.registry.findModel(context.workspace, model);
        if (found?.aliases?.[alias] === undefined)
          throw esteiraError('MODEL_ALIAS_NOT_FOUND', { model, alias });
      }
      return await revise(context, name, {
        change: ({ follow: _, ...rest }) => (alias === undefined ? rest : { ...rest, follow: { alias } }),
        reason: alias === undefined ? 'follows no alias any more' : `follows ${model}@${alias}`,
      });
    },
  };
}
