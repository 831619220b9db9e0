import { type JsonValue, LabelChange } from '@esteira/contracts';
import type { ChangeKind } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { EsteiraError } from '../kernel/errors.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { guardText, type Labels, labelChangeKind } from './labels.ts';
import { findModelHead, listAliases } from './model-store.ts';
import { findVersion, findVersionById } from './version-store.ts';

/** The change `registry.label`: a protected label moves, or a model or version that has one is renamed or deleted. */
export function createLabelChange(deps: {
  readonly sql: SqlReader;
  readonly labels: Labels;
  readonly currency: string;
}): ChangeKind<LabelChange> {
  const { sql, labels } = deps;
  return {
    kind: labelChangeKind,
    subject: LabelChange,

    async inspect({ workspace }, change) {
      const { current, authors } = await labels.inspect(workspace, change);
      return { current, authors, target: `model:${change.model}` };
    },

    async plan({ workspace }, change) {
      const { guards } = await labels.inspect(workspace, change);
      return {
        steps: [{ name: 'move', title: titleOf(change), details: { ...change } }],
        cost: { cpuSeconds: 0, storageBytes: 0, amount: 0, currency: deps.currency },
        blastRadius:
          guards.length === 0
            ? `Whoever finds versions of ${change.model} by this label; no endpoint.`
            : `Whoever finds versions of ${change.model} by this label: ${guardText(guards)}.`,
        approvalsRequired: 1,
      };
    },

    async applyStep({ context, subject, current }) {
      // Cut off after its effect, the step finds it done.
      if (await isDone(sql, context, subject)) return { moved: true };
      await labels.moveConsented(context, subject);
      return { moved: true, from: current };
    },

    async verify(context, { subject }) {
      const ok = await isDone(sql, context, subject);
      return [{ name: titleOf(subject), expected: true, measured: ok, ok }];
    },

    async rollBack(context, { subject, plan }) {
      if (!(await isDone(sql, context, subject))) return { restored: true, reason: 'nothing had been done' };
      const back = await restore(labels, sql, context, subject, plan.current);
      return back ? { restored: true } : { restored: false, reason: 'what was deleted does not come back' };
    },
  };
}

function titleOf(change: LabelChange): string {
  const { model } = change;
  switch (change.action) {
    case 'set-alias':
      return `Point ${model}@${change.alias} at version ${change.version}`;
    case 'delete-alias':
      return `Take ${model}@${change.alias} away`;
    case 'set-stage':
      return `Move version ${change.version} of ${model} to the stage ${change.stage}`;
    case 'rename-model':
      return `Rename the model ${model} to ${change.newName}`;
    case 'delete-model':
      return `Delete the model ${model} with its versions`;
    case 'delete-version':
      return `Delete version ${change.version} of ${model}`;
  }
}

/** Whether things are as the change wants them. */
async function isDone(sql: SqlReader, { workspace }: RequestContext, change: LabelChange): Promise<boolean> {
  const { model } = change;
  switch (change.action) {
    case 'set-alias':
      return (await aliasedVersion(sql, workspace, model, change.alias)) === change.version;
    case 'delete-alias':
      return (await aliasedVersion(sql, workspace, model, change.alias)) === undefined;
    case 'set-stage':
      return (await findVersion(sql, workspace, model, change.version))?.stage === change.stage;
    case 'rename-model':
      return (
        (await findModelHead(sql, workspace, model)) === undefined &&
        (await findModelHead(sql, workspace, change.newName)) !== undefined
      );
    case 'delete-model':
      return (await findModelHead(sql, workspace, model)) === undefined;
    case 'delete-version':
      return (await findVersion(sql, workspace, model, change.version)) === undefined;
  }
}

async function aliasedVersion(
  sql: SqlReader,
  workspace: string,
  model: string,
  alias: string,
): Promise<number | undefined> {
  return (await listAliases(sql, workspace, [model])).find((entry) => entry.alias === alias)?.version;
}

/** False where there is nothing left to put back. */
async function restore(
  labels: Labels,
  sql: SqlReader,
  context: RequestContext,
  change: LabelChange,
  before: JsonValue,
): Promise<boolean> {
  const { model } = change;
  const stood = before as {
    version: { id: string } | null;
    labels: { kind: string; name: string; versions: string[] }[];
  };
  const numberOf = async (id: string | undefined) =>
    id === undefined ? undefined : await versionNumber(sql, context.workspace, id);
  try {
    switch (change.action) {
      case 'set-alias':
      case 'delete-alias': {
        const { alias } = change;
        const id = stood.labels.find(({ kind, name }) => kind === 'alias' && name === alias)?.versions[0];
        const version = await numberOf(id);
        await labels.moveConsented(
          context,
          version === undefined
            ? { action: 'delete-alias', model, alias }
            : { action: 'set-alias', model, alias, version },
        );
        return true;
      }
      case 'set-stage': {
        const own = stood.version?.id ?? '';
        if (!stood.labels.some(({ kind, versions }) => kind === 'stage' && versions.includes(own)))
          await labels.moveConsented(context, { ...change, stage: 'none', archiveOthers: false });
        for (const { kind, name, versions } of stood.labels) {
          if (kind !== 'stage') continue;
          for (const id of versions) {
            const version = await numberOf(id);
            const stage = name as (typeof change)['stage'];
            if (version !== undefined)
              await labels.moveConsented(context, { ...change, version, stage, archiveOthers: false });
          }
        }
        return true;
      }
      case 'rename-model':
        await labels.moveConsented(context, {
          action: 'rename-model',
          model: change.newName,
          newName: model,
        });
        return true;
      case 'delete-model':
      case 'delete-version':
        return false;
    }
  } catch (error) {
    if (error instanceof EsteiraError && error.code === 'MODEL_VERSION_NOT_FOUND') return false;
    throw error;
  }
}

async function versionNumber(sql: SqlReader, workspace: string, id: string): Promise<number | undefined> {
  return (await findVersionById(sql, workspace, id))?.version;
}
