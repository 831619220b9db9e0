import type { JsonValue, LabelChange, LabelGuard } from '@esteira/contracts';
import { type AuditLog, assertNotHeld, requirePermission } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import { type EndpointUse, guardsOver, type Label, labelsOf } from './label-guards.ts';
import {
  findModelHead,
  listAliases,
  type ModelHead,
  moveModel,
  putAlias,
  removeAliases,
  removeModel,
  updateModel,
} from './model-store.ts';
import { findProtectedLabels, putProtectedLabels } from './protected-label-store.ts';
import { assertModelFree, assertVersionFree } from './version-in-use.ts';
import {
  findVersion,
  listStaged,
  listVersions,
  moveStage,
  type StoredVersion,
  updateVersion,
} from './version-store.ts';

export interface LabelDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly events: EventBus;
  /** What endpoints do with the versions of a model, read in the transaction that asks. */
  readonly served: (sql: SqlReader, workspace: string, model: string) => Promise<readonly EndpointUse[]>;
  readonly changes: {
    requestOnce(
      context: RequestContext,
      request: { kind: string; subject: JsonValue },
    ): Promise<{ readonly id: string }>;
  };
}

/** Moves labels, and what would take labels with it: renaming and deleting. */
export interface Labels {
  /**
   * Does what is asked when every label it touches is free; else a change is asked for and nothing is done. Throws
   * LABEL_PROTECTED naming the change, MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND, MODEL_NAME_TAKEN, MODEL_IN_USE, LEGAL_HOLD.
   */
  move(context: RequestContext, change: LabelChange): Promise<void>;
  /** The same for a change that was consented to, whatever protects the labels. */
  moveConsented(context: RequestContext, change: LabelChange): Promise<void>;
  /** The labels of a model that move by changes alone. Throws MODEL_NOT_FOUND. */
  guards(workspace: string, model: string): Promise<readonly LabelGuard[]>;
  /** Of those that a change would touch, and what it would touch as it is now. Throws as `move`, but LABEL_PROTECTED. */
  inspect(workspace: string, change: LabelChange): Promise<LabelInspection>;
  protected(workspace: string): Promise<readonly string[]>;
  /** Throws FORBIDDEN. */
  protect(context: RequestContext, patterns: readonly string[]): Promise<readonly string[]>;
}

interface LabelInspection {
  readonly guards: readonly LabelGuard[];
  /** Whoever made the versions it is about. */
  readonly authors: readonly string[];
  readonly current: JsonValue;
}

export const labelChangeKind = 'registry.label';

/** What a change of labels is about, as it was found. */
interface Found {
  readonly model: ModelHead;
  readonly version: StoredVersion | undefined;
  readonly uses: readonly EndpointUse[];
  /** Labels it would move. */
  readonly touched: readonly Label[];
  readonly guards: readonly LabelGuard[];
}

export function createLabels(deps: LabelDeps): Labels {
  const { sql, clock } = deps;

  async function moveIn(
    tx: SqlTransaction,
    context: RequestContext,
    change: LabelChange,
    mode: 'guarded' | 'consented',
  ): Promise<readonly LabelGuard[]> {
    const found = await find(deps, tx, context.workspace, change);
    if (mode === 'guarded' && found.guards.length > 0) return found.guards;
    await take(deps, tx, context, change, found);
    return [];
  }

  return {
    async move(context, change) {
      const guards = await sql.transaction((tx) => moveIn(tx, context, change, 'guarded'));
      if (guards.length === 0) return;
      const opened = await deps.changes.requestOnce(context, { kind: labelChangeKind, subject: change });
      throw esteiraError('LABEL_PROTECTED', {
        change: opened.id,
        label: [...new Set(guards.map((guard) => labelText(change.model, guard)))].join(', '),
        because: guardText(guards),
      });
    },

    async moveConsented(context, change) {
      await sql.transaction((tx) => moveIn(tx, context, change, 'consented'));
    },

    async guards(workspace, model) {
      const head = await requireHead(sql, workspace, model);
      const { labels, uses } = await allLabels(deps, sql, workspace, head.name);
      return guardsOver(model, labels, uses, await findProtectedLabels(sql, workspace));
    },

    async inspect(workspace, change) {
      const { model, version, touched, guards } = await find(deps, sql, workspace, change);
      return {
        guards,
        authors: [version?.createdBy ?? model.createdBy],
        current: {
          model: model.name,
          version: version === undefined ? null : { id: version.id, number: version.version },
          labels: touched.map(({ kind, name, versions }) => ({ kind, name, versions: [...versions] })),
        },
      };
    },

    protected: (workspace) => findProtectedLabels(sql, workspace),

    async protect(context, patterns) {
      requirePermission(context, 'policies:write');
      const { workspace, actor } = context;
      const kept = [...new Set(patterns)].sort();
      await sql.transaction(async (tx) => {
        const before = await findProtectedLabels(tx, workspace);
        await putProtectedLabels(tx, workspace, {
          patterns: kept,
          updatedBy: actor.id,
          updatedAt: clock.now(),
        });
        await deps.audit.record(tx, context, {
          action: 'registry.protected-labels.replaced',
          subject: { kind: 'policies', id: workspace },
          details: { before: [...before], patterns: kept },
        });
      });
      return kept;
    },
  };
}

/** Why labels are protected, in a sentence. */
export function guardText(guards: readonly LabelGuard[]): string {
  const reasons = guards.map((guard) =>
    guard.because === 'served'
      ? `the endpoint ${guard.by} serves the version behind the ${guard.kind} ${guard.label}`
      : `the policy protects ${guard.by}`,
  );
  return [...new Set(reasons)].join('; ');
}

function labelText(model: string, { kind, label }: LabelGuard): string {
  return kind === 'alias' ? `${model}@${label}` : `${model}:${label}`;
}

async function find(
  deps: LabelDeps,
  reader: SqlReader,
  workspace: string,
  change: LabelChange,
): Promise<Found> {
  const model = await requireHead(reader, workspace, change.model);
  const version =
    'version' in change ? await requireVersion(reader, workspace, change.model, change.version) : undefined;
  const { labels, uses } = await allLabels(deps, reader, workspace, model.name);
  if (change.action === 'delete-version' && version !== undefined) assertVersionFree(version, uses);
  if (change.action === 'delete-model') assertModelFree(model.name, uses, 'deleted');
  if (change.action === 'rename-model') {
    assertModelFree(model.name, uses, 'renamed');
    const taken = change.newName !== change.model && (await findModelHead(reader, workspace, change.newName));
    if (taken) throw esteiraError('MODEL_NAME_TAKEN', { name: change.newName });
  }
  const touched = touchedBy(change, labels, version);
  const patterns = touched.length === 0 ? [] : await findProtectedLabels(reader, workspace);
  return { model, version, uses, touched, guards: guardsOver(model.name, touched, uses, patterns) };
}

/** The labels that would stand for something else afterwards; none when nothing would change. */
function touchedBy(
  change: LabelChange,
  labels: readonly Label[],
  version: StoredVersion | undefined,
): readonly Label[] {
  switch (change.action) {
    case 'set-alias': {
      const alias = labels.find(({ kind, name }) => kind === 'alias' && name === change.alias);
      if (alias !== undefined && version !== undefined && alias.versions.includes(version.id)) return [];
      return [alias ?? { kind: 'alias', name: change.alias, versions: [] }];
    }
    case 'delete-alias':
      return labels.filter(({ kind, name }) => kind === 'alias' && name === change.alias);
    case 'set-stage': {
      const stages = labels.filter(({ kind }) => kind === 'stage');
      const goal = stages.find(({ name }) => name === change.stage);
      const archives = change.archiveOthers && goal?.versions.some((id) => id !== version?.id);
      if (version?.stage === change.stage) return archives && goal !== undefined ? [goal] : [];
      const left = stages.filter(({ name }) => name === version?.stage);
      if (change.stage === 'none') return left;
      return [...left, goal ?? { kind: 'stage', name: change.stage, versions: [] }];
    }
    case 'rename-model':
      return change.newName === change.model ? [] : labels;
    case 'delete-model':
      return labels;
    case 'delete-version':
      return labels.filter(({ versions }) => version !== undefined && versions.includes(version.id));
  }
}

async function take(
  deps: LabelDeps,
  tx: SqlTransaction,
  context: RequestContext,
  change: LabelChange,
  { model, version, touched }: Found,
): Promise<void> {
  const { workspace } = context;
  const at = deps.clock.now();
  const { name, kind } = model;
  const record = (action: string, details: Record<string, JsonValue>) =>
    deps.audit.record(tx, context, {
      action: `registry.${action}`,
      subject:
        version === undefined
          ? { kind: 'registered-model', id: name }
          : { kind: 'model-version', id: version.id },
      details: { model: name, ...(version === undefined ? {} : { version: version.version }), ...details },
    });

  switch (change.action) {
    case 'set-alias': {
      const { alias } = change;
      await putAlias(tx, workspace, { model: name, alias, version: change.version, updatedAt: at });
      await record('alias.set', { alias });
      await deps.events.emit(tx, context, 'registry.alias.set', {
        model: name,
        kind,
        alias,
        version: change.version,
      });
      return;
    }
    case 'delete-alias': {
      const { alias } = change;
      await removeAliases(tx, workspace, name, { alias });
      if (touched.length > 0) await record('alias.deleted', { alias });
      await deps.events.emit(tx, context, 'registry.alias.deleted', { model: name, kind, alias });
      return;
    }
    case 'set-stage': {
      if (version === undefined) return;
      const { stage, archiveOthers } = change;
      const archived = archiveOthers
        ? await moveStage(tx, workspace, {
            model: name,
            from: stage,
            to: 'archived',
            except: version.version,
            updatedAt: at,
          })
        : [];
      await updateVersion(tx, workspace, version.id, { stage, updatedAt: at });
      await updateModel(tx, workspace, name, { updatedAt: at });
      await record('stage.set', { from: version.stage, stage, archived: [...archived] });
      return;
    }
    case 'rename-model': {
      await moveModel(tx, workspace, { from: name, to: change.newName }, at);
      await record('model.renamed', { newName: change.newName });
      return;
    }
    case 'delete-model': {
      const versions = await listVersions(tx, workspace, { model: name, limit: Number.MAX_SAFE_INTEGER });
      for (const { id } of versions) await assertVersionNotHeld(tx, workspace, id, model.project);
      await removeModel(tx, workspace, name);
      await record('model.deleted', { versions: versions.map(({ id }) => id) });
      return;
    }
    case 'delete-version': {
      if (version === undefined) return;
      await assertVersionNotHeld(tx, workspace, version.id, model.project);
      await removeAliases(tx, workspace, name, { version: version.version });
      await updateVersion(tx, workspace, version.id, { deletedAt: at, updatedAt: at });
      await updateModel(tx, workspace, name, { updatedAt: at });
      await record('version.deleted', { digest: version.digest });
      return;
    }
  }
}

async function allLabels(
  deps: LabelDeps,
  reader: SqlReader,
  workspace: string,
  model: string,
): Promise<{ labels: readonly Label[]; uses: readonly EndpointUse[] }> {
  const aliases = await listAliases(reader, workspace, [model]);
  const staged = await listStaged(reader, workspace, model);
  const uses = await deps.served(reader, workspace, model);
  const idOf = new Map(staged.map(({ id, version }) => [version, id]));
  for (const { version } of aliases) {
    if (idOf.has(version)) continue;
    const found = await findVersion(reader, workspace, model, version);
    if (found !== undefined) idOf.set(version, found.id);
  }
  return { labels: labelsOf(aliases, staged, idOf), uses };
}

async function requireHead(reader: SqlReader, workspace: string, name: string): Promise<ModelHead> {
  const model = await findModelHead(reader, workspace, name);
  if (model === undefined) throw esteiraError('MODEL_NOT_FOUND', { name });
  return model;
}

async function requireVersion(
  reader: SqlReader,
  workspace: string,
  model: string,
  version: number,
): Promise<StoredVersion> {
  const found = await findVersion(reader, workspace, model, version);
  if (found === undefined)
    throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: `${model} version ${version}` });
  return found;
}

/** Throws LEGAL_HOLD. */
async function assertVersionNotHeld(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  project: string,
): Promise<void> {
  await assertNotHeld(tx, workspace, { kind: 'model-version', id }, [{ kind: 'project', id: project }]);
}
