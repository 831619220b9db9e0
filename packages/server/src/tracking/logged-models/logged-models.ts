import { type AuditLog, assertNotHeld } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { Page } from '../../kernel/paging.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { KnownOwner } from '../artifacts/artifact.ts';
import { findExperiment } from '../experiment-store.ts';
import type { LoggedModel, LoggedModelRecord, LoggedModelSearch, LoggedModelStatus } from './logged-model.ts';
import { searchLoggedModels } from './logged-model-search.ts';
import {
  artifactLocationOfModel,
  completeLoggedModels,
  findLoggedModel,
  findLoggedModelTag,
  insertLoggedModel,
  insertLoggedModelParams,
  putLoggedModelTags,
  removeLoggedModelTag,
  updateLoggedModel,
} from './logged-model-store.ts';

/** Models that were made in experiments. Every method but `create` and `search` throws LOGGED_MODEL_NOT_FOUND. */
export interface LoggedModels {
  /** Throws EXPERIMENT_NOT_FOUND, EXPERIMENT_DELETED. */
  create(context: RequestContext, model: NewLoggedModel): Promise<LoggedModelRecord>;
  /** A deleted one only when `which` is `all`. */
  show(workspace: string, id: string, which?: 'standing' | 'all'): Promise<LoggedModelRecord>;
  find(workspace: string, id: string): Promise<LoggedModel | undefined>;
  /** Throws INVALID_REQUEST for a cursor of another search. */
  search(workspace: string, search: LoggedModelSearch): Promise<Page<LoggedModelRecord>>;
  finish(context: RequestContext, id: string, status: LoggedModelStatus): Promise<LoggedModelRecord>;
  /** Throws LEGAL_HOLD. */
  remove(context: RequestContext, id: string): Promise<void>;
  /** A parameter may be sent again only with its value. Throws PARAM_CHANGED. */
  addParams(context: RequestContext, id: string, params: Readonly<Record<string, string>>): Promise<void>;
  setTags(context: RequestContext, id: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Sets a tag to what becomes of its value, in one transaction. */
  changeTag(
    context: RequestContext,
    id: string,
    name: string,
    change: (value: string | undefined) => string,
  ): Promise<void>;
  /** False when there is no such tag. */
  deleteTag(context: RequestContext, id: string, name: string): Promise<boolean>;
  /** What its files are kept with. */
  findOwner(reader: SqlReader, workspace: string, id: string): Promise<KnownOwner | undefined>;
}

interface NewLoggedModel {
  readonly experimentNumber: number;
  /** One is made up unless given. */
  readonly name?: string | undefined;
  readonly type: string;
  readonly sourceRunId: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface LoggedModelDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly audit: AuditLog;
}

export function createLoggedModels(deps: LoggedModelDeps): LoggedModels {
  const { sql, clock } = deps;

  async function show(
    reader: SqlReader,
    workspace: string,
    id: string,
    which: 'standing' | 'all' = 'standing',
  ): Promise<LoggedModelRecord> {
    const found = await findLoggedModel(reader, workspace, id, which);
    const [record] = found === undefined ? [] : await completeLoggedModels(reader, [found]);
    if (record === undefined) throw esteiraError('LOGGED_MODEL_NOT_FOUND', { id });
    return record;
  }

  /** Changes a model that is there, in one transaction. */
  function change<T>(
    context: RequestContext,
    id: string,
    body: (tx: SqlTransaction, model: LoggedModel) => Promise<T>,
  ): Promise<T> {
    return sql.transaction(async (tx) => {
      const found = await findLoggedModel(tx, context.workspace, id);
      if (found === undefined) throw esteiraError('LOGGED_MODEL_NOT_FOUND', { id });
      return await body(tx, found);
    });
  }

  async function findOwner(
    reader: SqlReader,
    workspace: string,
    id: string,
  ): Promise<KnownOwner | undefined> {
    const model = await findLoggedModel(reader, workspace, id, 'all');
    if (model === undefined) return undefined;
    const experiment = await findExperiment(reader, workspace, { id: model.experimentId });
    const { project, name = '' } = experiment ?? {};
    return {
      kind: 'logged-model',
      id,
      experimentId: model.experimentId,
      deleted: model.deletedAt !== null,
      location: model.artifactLocation,
      heldAs: [
        { kind: 'experiment', id: name },
        ...(project === undefined ? [] : [{ kind: 'project', id: project } as const]),
      ],
    };
  }

  return {
    async create(context, { experimentNumber, name, type, sourceRunId, params, tags }) {
      const { workspace } = context;
      const id = `m-${Buffer.from(deps.random.bytes(16)).toString('hex')}`;
      return await sql.transaction(async (tx) => {
        const experiment = await findExperiment(tx, workspace, { number: experimentNumber });
        if (experiment === undefined)
          throw esteiraError('EXPERIMENT_NOT_FOUND', { id: String(experimentNumber) });
        if (experiment.deletedAt !== undefined)
          throw esteiraError('EXPERIMENT_DELETED', { name: experiment.name });
        const at = clock.now();
        const model: LoggedModel = {
          id,
          experimentId: experiment.id,
          experimentNumber,
          name: name ?? `model-${id.slice(2, 10)}`,
          type,
          sourceRunId,
          status: 'pending',
          artifactLocation: artifactLocationOfModel(experiment.artifactLocation, id),
          createdBy: context.actor.id,
          createdAt: at,
          updatedAt: at,
        };
        await insertLoggedModel(tx, workspace, model);
        await insertLoggedModelParams(tx, id, params);
        await putLoggedModelTags(tx, id, tags);
        await deps.audit.record(tx, context, {
          action: 'tracking.logged-model.created',
          subject: { kind: 'logged-model', id },
          details: { name: model.name, experiment: experiment.name },
        });
        return { ...model, params, tags, metrics: [] };
      });
    },

    show: (workspace, id, which) => show(sql, workspace, id, which),
    find: (workspace, id) => findLoggedModel(sql, workspace, id),
    search: (workspace, search) => searchLoggedModels(sql, workspace, search),

    finish: (context, id, status) =>
      change(context, id, async (tx) => {
        await updateLoggedModel(tx, id, { status, updatedAt: clock.now() });
        return await show(tx, context.workspace, id);
      }),

    remove: (context, id) =>
      change(context, id, async (tx, { name }) => {
        const owner = await findOwner(tx, context.workspace, id);
        const [thing, ...within] = owner?.heldAs ?? [];
        if (thing !== undefined) await assertNotHeld(tx, context.workspace, thing, within);
        await updateLoggedModel(tx, id, { deletedAt: clock.now(), updatedAt: clock.now() });
        await deps.audit.record(tx, context, {
          action: 'tracking.logged-model.deleted',
          subject: { kind: 'logged-model', id },
          details: { name },
        });
      }),

    addParams: (context, id, params) =>
      change(context, id, async (tx) => {
        const conflict = await insertLoggedModelParams(tx, id, params);
        if (conflict !== undefined) throw esteiraError('PARAM_CHANGED', { id, ...conflict });
      }),

    setTags: (context, id, tags) => change(context, id, (tx) => putLoggedModelTags(tx, id, tags)),

    changeTag: (context, id, name, become) =>
      change(context, id, async (tx) => {
        const value = become(await findLoggedModelTag(tx, id, name));
        await putLoggedModelTags(tx, id, { [name]: value });
      }),

    deleteTag: (context, id, name) => change(context, id, (tx) => removeLoggedModelTag(tx, id, name)),

    findOwner,
  };
}
