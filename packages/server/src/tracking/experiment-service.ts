import { type AuditLog, assertNotHeld, heldOfKind } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import { artifactLocationOf, defaultExperiment, type Experiment } from './experiment.ts';
import { renewExperimentRevision } from './experiment-revision.ts';
import {
  findExperiment,
  insertExperiment,
  nextExperimentNumber,
  updateExperiment,
} from './experiment-store.ts';
import { deleteExperimentTag, setExperimentTags } from './experiment-tag-store.ts';
import { findRunIn } from './run-store.ts';

interface ExperimentRequest {
  readonly name: string;
  readonly project?: string | undefined;
  readonly note: string;
  /** Where artifacts are said to lie, without a slash at its end. */
  readonly artifactLocation?: string | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

interface ExperimentChange {
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  readonly setTags?: Readonly<Record<string, string>>;
}

export interface ExperimentService {
  /** Throws EXPERIMENT_EXISTS. */
  createExperiment(context: RequestContext, request: ExperimentRequest): Promise<Experiment>;
  /** Throws EXPERIMENT_NOT_FOUND, EXPERIMENT_EXISTS. */
  updateExperiment(context: RequestContext, id: string, change: ExperimentChange): Promise<Experiment>;
  /** False when there is no such tag. Throws EXPERIMENT_NOT_FOUND. */
  deleteExperimentTag(context: RequestContext, id: string, name: string): Promise<boolean>;
  /** Throws EXPERIMENT_NOT_FOUND, LEGAL_HOLD. */
  deleteExperiment(context: RequestContext, id: string): Promise<Experiment>;
  /** Throws EXPERIMENT_NOT_FOUND. */
  restoreExperiment(context: RequestContext, id: string): Promise<Experiment>;
  /** Makes the experiment of the number 0 where a workspace does not have it yet. */
  ensureDefaultExperiment(context: RequestContext): Promise<void>;
}

export interface ExperimentDeps {
  readonly sql: SqlDatabase;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

/** Experiments: what makes, changes, hides and restores them. */
export function createExperimentService(deps: ExperimentDeps): ExperimentService {
  const { sql, clock } = deps;
  /** Workspaces that have their default experiment: it may be deleted, but not be made twice. */
  const complete = new Set<string>();

  async function change(
    context: RequestContext,
    id: string,
    action: 'updated' | 'deleted' | 'restored',
    changes: ExperimentChange & { deletedAt?: number | null },
  ): Promise<Experiment> {
    return sql.transaction(async (tx) => {
      const found = await existingExperiment(tx, context, id);
      const { setTags = {}, ...values } = changes;
      if (values.name !== undefined && values.name !== found.name)
        await assertNameFree(deps, tx, context, values.name);
      if (action === 'deleted') await assertExperimentNotHeld(tx, context, found);
      await updateExperiment(tx, context.workspace, id, { ...values, updatedAt: clock.now() });
      await setExperimentTags(tx, id, setTags);
      await renewExperimentRevision(tx, deps.ids, context.workspace);
      await deps.audit.record(tx, context, {
        action: `tracking.experiment.${action}`,
        subject: { kind: 'experiment', id },
        details: { name: values.name ?? found.name },
      });
      return existingExperiment(tx, context, id);
    });
  }

  return {
    createExperiment: (context, request) =>
      sql.transaction(async (tx) => {
        const made = await makeExperiment(deps, tx, context, request);
        if (made === undefined) throw esteiraError('EXPERIMENT_EXISTS', { name: request.name });
        return made;
      }),
    updateExperiment: (context, id, changes) => change(context, id, 'updated', changes),
    deleteExperimentTag: (context, id, name) =>
      sql.transaction(async (tx) => {
        await existingExperiment(tx, context, id);
        await renewExperimentRevision(tx, deps.ids, context.workspace);
        return deleteExperimentTag(tx, id, name);
      }),
    deleteExperiment: (context, id) => change(context, id, 'deleted', { deletedAt: clock.now() }),
    restoreExperiment: (context, id) => change(context, id, 'restored', { deletedAt: null }),
    async ensureDefaultExperiment(context) {
      const { workspace } = context;
      if (complete.has(workspace)) return;
      const there = await findExperiment(sql, workspace, { number: defaultExperiment.number });
      if (there === undefined) await sql.transaction((tx) => makeDefaultExperiment(deps, tx, context));
      complete.add(workspace);
    },
  };
}

/** Makes an experiment in the caller's transaction; undefined when the name is taken. */
export async function makeExperiment(
  deps: ExperimentDeps,
  tx: SqlTransaction,
  context: RequestContext,
  request: ExperimentRequest,
): Promise<Experiment | undefined> {
  const { workspace } = context;
  if ((await findExperiment(tx, workspace, { name: request.name })) !== undefined) return undefined;
  const isDefault =
    request.name === defaultExperiment.name &&
    (await findExperiment(tx, workspace, { number: defaultExperiment.number })) === undefined;
  const number = isDefault ? defaultExperiment.number : await nextExperimentNumber(tx, workspace);
  return insertNew(deps, tx, context, { ...request, number });
}

async function makeDefaultExperiment(
  deps: ExperimentDeps,
  tx: SqlTransaction,
  context: RequestContext,
): Promise<Experiment | undefined> {
  const { name, number } = defaultExperiment;
  if ((await findExperiment(tx, context.workspace, { number })) !== undefined) return undefined;
  return insertNew(deps, tx, context, { name, number, note: '' });
}

async function insertNew(
  deps: ExperimentDeps,
  tx: SqlTransaction,
  context: RequestContext,
  request: ExperimentRequest & { readonly number: number },
): Promise<Experiment | undefined> {
  const now = deps.clock.now();
  const { number, name, project, note, tags = {} } = request;
  const experiment: Experiment = {
    id: deps.ids.next('exp'),
    number,
    name,
    ...(project === undefined ? {} : { project }),
    note,
    artifactLocation: request.artifactLocation ?? artifactLocationOf(number),
    createdAt: now,
    updatedAt: now,
  };
  if (!(await insertExperiment(tx, context.workspace, experiment, context.actor.id))) return undefined;
  await setExperimentTags(tx, experiment.id, tags);
  await renewExperimentRevision(tx, deps.ids, context.workspace);
  await deps.audit.record(tx, context, {
    action: 'tracking.experiment.created',
    subject: { kind: 'experiment', id: experiment.id },
    details: { name },
  });
  return experiment;
}

async function assertNameFree(
  deps: ExperimentDeps,
  tx: SqlTransaction,
  context: RequestContext,
  name: string,
): Promise<void> {
  // Its name is kept for it until it is made.
  if (name === defaultExperiment.name) await makeDefaultExperiment(deps, tx, context);
  const taken = await findExperiment(tx, context.workspace, { name });
  if (taken !== undefined) throw esteiraError('EXPERIMENT_EXISTS', { name });
}

/** An experiment hides its runs: a hold on one of them covers it. Throws LEGAL_HOLD. */
export async function assertExperimentNotHeld(
  reader: SqlReader,
  { workspace }: RequestContext,
  { id, name, project }: Experiment,
) {
  const subject = { kind: 'experiment', id: name } as const;
  await assertNotHeld(
    reader,
    workspace,
    subject,
    project === undefined ? [] : [{ kind: 'project', id: project }],
  );
  const held = await heldOfKind(reader, workspace, 'run');
  const own = await findRunIn(reader, id, [...held.keys()]);
  if (own !== undefined)
    throw esteiraError('LEGAL_HOLD', { kind: 'run', id: own, hold: held.get(own) ?? '' });
}

async function existingExperiment(
  reader: SqlReader,
  context: RequestContext,
  id: string,
): Promise<Experiment> {
  const found = await findExperiment(reader, context.workspace, { id });
  if (found === undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id });
  return found;
}
