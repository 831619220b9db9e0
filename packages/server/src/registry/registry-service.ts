import type {
  LabelChange,
  LabelGuard,
  ModelExamples,
  ModelVersion,
  RegisteredModel,
  ServableVersion,
  VersionStage,
} from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { Page } from '../kernel/paging.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import { readEntry } from './check-trained-model.ts';
import { digestOfBytes } from './digest-of-bytes.ts';
import { digestOfFiles } from './freeze-files.ts';
import { type AllowedPickles, createAllowedPickles } from './inspection/allowed-pickles.ts';
import { createInspections, type InspectionDeps, type Inspections } from './inspection/inspections.ts';
import { createLabels, type LabelDeps } from './labels.ts';
import {
  findModel,
  findModelHead,
  insertModel,
  listAliases,
  listModels,
  type ModelHead,
  putModelTag,
  removeModelTag,
  updateModel,
} from './model-store.ts';
import { type CheckedDeps, type RegisterRequest, registerChecked } from './register-checked.ts';
import { type KeepRequest, registerKept } from './register-kept.ts';
import {
  type ModelColumn,
  type RegistrySearch,
  searchModels,
  searchVersions,
  type VersionColumn,
} from './registry-search.ts';
import { whyNotDeployable } from './show-version.ts';
import {
  type LabelledVersion,
  putVersionTag,
  removeVersionTag,
  withVersionLabels,
} from './version-label-store.ts';
import {
  findVersion,
  findVersionById,
  listVersions,
  newestInStages,
  registrationsOf,
  type StoredVersion,
  updateVersion,
} from './version-store.ts';

export interface RegistryDeps extends LabelDeps, InspectionDeps, CheckedDeps {}

export interface RegistryService extends Inspections, AllowedPickles {
  /** Opens a model, or a prompt when its tags say so. Throws MODEL_NAME_TAKEN. */
  createModel(context: RequestContext, model: NewModel): Promise<RegisteredModel>;
  findModel(workspace: string, name: string): Promise<RegisteredModel | undefined>;
  listModels(
    workspace: string,
    filter: Parameters<typeof listModels>[2],
  ): Promise<readonly RegisteredModel[]>;
  searchModels(workspace: string, search: RegistrySearch<ModelColumn>): Promise<Page<RegisteredModel>>;
  /** Throws MODEL_NOT_FOUND. */
  describeModel(context: RequestContext, name: string, description: string): Promise<RegisteredModel>;
  /** Throws MODEL_NOT_FOUND. */
  setModelTag(context: RequestContext, tag: { model: string; name: string; value: string }): Promise<void>;
  /** A tag that is not there is none to miss. Throws MODEL_NOT_FOUND. */
  deleteModelTag(context: RequestContext, tag: { model: string; name: string }): Promise<void>;
  /** Moves a label, renames or deletes, as far as no label that it touches is protected; throws as `Labels.move`. */
  moveLabel(context: RequestContext, change: LabelChange): Promise<void>;
  /** The labels of a model that move by changes alone, and why. Throws MODEL_NOT_FOUND. */
  labelGuards(workspace: string, model: string): Promise<readonly LabelGuard[]>;
  protectedLabels(workspace: string): Promise<readonly string[]>;
  /** Replaces the patterns of protected labels. Throws FORBIDDEN. */
  protectLabels(context: RequestContext, patterns: readonly string[]): Promise<readonly string[]>;

  /**
   * Checks a trained model, freezes its bundle and makes it the next version; a second call with the same trained model and
   * evaluation returns the first version. Throws MODEL_NOT_FOUND, MODEL_NOT_REGISTRABLE, TRAINED_MODEL_NOT_FOUND.
   */
  register(context: RequestContext, request: RegisterRequest): Promise<ModelVersion>;
  /** Freezes files as they are as the next version. Throws MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND. */
  registerKept(context: RequestContext, request: KeepRequest): Promise<LabelledVersion>;
  /** For deployment: a version that was checked and evaluated here. Throws MODEL_VERSION_NOT_DEPLOYABLE for any other. */
  findVersion(workspace: string, id: string): Promise<ModelVersion | undefined>;
  /** Versions that may be deployed, newest first. */
  listVersions(workspace: string, filter: VersionFilter): Promise<readonly ModelVersion[]>;
  /** Any version, by its id. */
  versionById(workspace: string, id: string): Promise<LabelledVersion | undefined>;
  /** Any version, by number or alias. */
  resolveVersion(workspace: string, model: string, version: string): Promise<LabelledVersion | undefined>;
  versionOfAlias(workspace: string, model: string, alias: string): Promise<LabelledVersion | undefined>;
  /** All versions of a model, newest first. */
  allVersions(workspace: string, filter: VersionFilter): Promise<readonly LabelledVersion[]>;
  searchVersions(workspace: string, search: RegistrySearch<VersionColumn>): Promise<Page<LabelledVersion>>;
  /** The newest version of each model in each stage, or in those asked for. */
  newestVersions(
    workspace: string,
    models: readonly string[],
    stages?: readonly VersionStage[],
  ): Promise<readonly LabelledVersion[]>;
  /** Throws MODEL_VERSION_NOT_FOUND. */
  describeVersion(
    context: RequestContext,
    version: { model: string; version: number },
    description: string,
  ): Promise<LabelledVersion>;
  /** Throws MODEL_VERSION_NOT_FOUND. */
  setVersionTag(
    context: RequestContext,
    tag: { model: string; version: number; name: string; value: string },
  ): Promise<void>;
  /** Throws MODEL_VERSION_NOT_FOUND. */
  deleteVersionTag(
    context: RequestContext,
    tag: { model: string; version: number; name: string },
  ): Promise<void>;
  /** Which versions logged models have become. */
  registrationsOf(workspace: string, loggedModels: readonly string[]): ReturnType<typeof registrationsOf>;
  /** Whether a folder that files were frozen from still holds exactly those. */
  isAsFrozen(workspace: string, version: StoredVersion): Promise<boolean>;
  /** The stored examples of a version, from its frozen bundle. */
  examples(version: Pick<ServableVersion, 'digest'>): Promise<ModelExamples>;
  /** Merkle digest of what is stored now, every byte read anew. Throws BLOB_NOT_FOUND. */
  digestOfBytes(version: { digest: string }): Promise<string>;
}

interface NewModel {
  readonly name: string;
  /** `default` unless given: what comes without a project belongs to the workspace. */
  readonly project?: string;
  readonly description: string;
  readonly tags?: Readonly<Record<string, string>>;
}

interface VersionFilter {
  readonly model: string;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** The tag that makes a prompt of a model: every client that keeps prompts writes it. */
const promptTag = 'mlflow.prompt.is_prompt';
export const defaultProject = 'default';

export function createRegistryService(deps: RegistryDeps): RegistryService {
  const { sql, blobs, clock } = deps;
  const labels = createLabels(deps);

  async function requireModel(workspace: string, name: string): Promise<RegisteredModel> {
    const model = await findModel(sql, workspace, name);
    if (model === undefined) throw esteiraError('MODEL_NOT_FOUND', { name });
    return model;
  }

  async function labelled(workspace: string, version: StoredVersion | undefined) {
    return version && (await withVersionLabels(sql, workspace, [version]))[0];
  }

  /** A change to a model itself, in one transaction. */
  function changeModel(
    context: RequestContext,
    name: string,
    change: (tx: SqlTransaction, model: ModelHead) => Promise<void>,
  ): Promise<void> {
    return sql.transaction(async (tx) => {
      const model = await findModelHead(tx, context.workspace, name);
      if (model === undefined) throw esteiraError('MODEL_NOT_FOUND', { name });
      await change(tx, model);
    });
  }

  /** A change to what is noted of a version, in one transaction. */
  function changeVersion(
    context: RequestContext,
    { model: name, version: number }: { model: string; version: number },
    change: (tx: SqlTransaction, version: StoredVersion, model: ModelHead) => Promise<void>,
  ): Promise<void> {
    return sql.transaction(async (tx) => {
      const model = await findModelHead(tx, context.workspace, name);
      const version = await findVersion(tx, context.workspace, name, number);
      if (version === undefined || model === undefined)
        throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: `${name} version ${number}` });
      await change(tx, version, model);
    });
  }

  async function versionOfAlias(workspace: string, model: string, alias: string) {
    const found = (await listAliases(sql, workspace, [model])).find((entry) => entry.alias === alias);
    return found && (await labelled(workspace, await findVersion(sql, workspace, model, found.version)));
  }

  return {
    async createModel(context, { name, project = defaultProject, description, tags = {} }) {
      const { workspace } = context;
      const at = clock.now();
      const kind = isPrompt(tags) ? 'prompt' : 'model';
      await sql.transaction(async (tx) => {
        if ((await findModelHead(tx, workspace, name)) !== undefined)
          throw esteiraError('MODEL_NAME_TAKEN', { name });
        const createdBy = context.actor.id;
        await insertModel(tx, workspace, {
          name,
          kind,
          project,
          description,
          createdBy,
          createdAt: at,
          updatedAt: at,
        });
        for (const [tag, value] of Object.entries(tags))
          await putModelTag(tx, workspace, { model: name, name: tag, value });
        await deps.audit.record(tx, context, {
          action: 'registry.model.created',
          subject: { kind: 'registered-model', id: name },
          details: { project, kind },
        });
        await deps.events.emit(tx, context, 'registry.model.created', {
          model: name,
          kind,
          tags: { ...tags },
          description,
        });
      });
      return await requireModel(workspace, name);
    },

    findModel: (workspace, name) => findModel(sql, workspace, name),
    listModels: (workspace, filter) => listModels(sql, workspace, filter),
    searchModels: (workspace, search) => searchModels(sql, workspace, search),

    async describeModel(context, name, description) {
      await changeModel(context, name, async (tx) => {
        await updateModel(tx, context.workspace, name, { description, updatedAt: clock.now() });
        await deps.audit.record(tx, context, {
          action: 'registry.model.described',
          subject: { kind: 'registered-model', id: name },
        });
      });
      return await requireModel(context.workspace, name);
    },

    async setModelTag(context, tag) {
      const { workspace } = context;
      await changeModel(context, tag.model, async (tx, model) => {
        await putModelTag(tx, workspace, tag);
        const kind = kindAfter(model.kind, tag.name, tag.value);
        await updateModel(tx, workspace, model.name, { kind, updatedAt: model.updatedAt });
        await deps.events.emit(tx, context, 'registry.model.tag.set', {
          model: tag.model,
          kind,
          key: tag.name,
          value: tag.value,
        });
      });
    },

    async deleteModelTag(context, tag) {
      const { workspace } = context;
      await changeModel(context, tag.model, async (tx, model) => {
        await removeModelTag(tx, workspace, tag);
        const kind = kindAfter(model.kind, tag.name, 'false');
        await updateModel(tx, workspace, model.name, { kind, updatedAt: model.updatedAt });
        await deps.events.emit(tx, context, 'registry.model.tag.deleted', {
          model: tag.model,
          kind,
          key: tag.name,
        });
      });
    },

    moveLabel: labels.move,
    labelGuards: labels.guards,
    protectedLabels: labels.protected,
    protectLabels: labels.protect,

    register: (context, request) => registerChecked(deps, context, request),
    registerKept: (context, request) => registerKept(deps, context, request),
    ...createInspections(deps),
    ...createAllowedPickles(deps),

    async findVersion(workspace, id) {
      const version = await findVersionById(sql, workspace, id);
      if (version === undefined) return undefined;
      if (version.checked === undefined) {
        throw esteiraError('MODEL_VERSION_NOT_DEPLOYABLE', {
          model: version.model,
          version: version.version,
          problem: whyNotDeployable(version),
        });
      }
      return version.checked;
    },

    async listVersions(workspace, filter) {
      const versions = await listVersions(sql, workspace, { ...filter, checked: true });
      return versions.flatMap(({ checked }) => (checked === undefined ? [] : [checked]));
    },

    versionById: async (workspace, id) => labelled(workspace, await findVersionById(sql, workspace, id)),

    async resolveVersion(workspace, model, version) {
      if (!/^[0-9]{1,9}$/.test(version)) return await versionOfAlias(workspace, model, version);
      return await labelled(workspace, await findVersion(sql, workspace, model, Number(version)));
    },

    versionOfAlias,

    async allVersions(workspace, filter) {
      return await withVersionLabels(sql, workspace, await listVersions(sql, workspace, filter));
    },

    searchVersions: (workspace, search) => searchVersions(sql, workspace, search),

    async newestVersions(workspace, models, stages) {
      const newest = await newestInStages(sql, workspace, models);
      const asked = newest.filter(({ stage }) => stages === undefined || stages.includes(stage));
      return await withVersionLabels(sql, workspace, asked);
    },

    async describeVersion(context, version, description) {
      await changeVersion(context, version, async (tx, found) => {
        await updateVersion(tx, context.workspace, found.id, { description, updatedAt: clock.now() });
        await deps.audit.record(tx, context, {
          action: 'registry.version.described',
          subject: { kind: 'model-version', id: found.id },
        });
      });
      const found = await findVersion(sql, context.workspace, version.model, version.version);
      const described = await labelled(context.workspace, found);
      if (described === undefined)
        throw esteiraError('MODEL_VERSION_NOT_FOUND', {
          version: `${version.model} version ${version.version}`,
        });
      return described;
    },

    async setVersionTag(context, tag) {
      await changeVersion(context, tag, async (tx, found, { kind }) => {
        const { model, version, name: key, value } = tag;
        await putVersionTag(tx, context.workspace, tag);
        await recordTag(tx, context, found, 'set', key);
        await deps.events.emit(tx, context, 'registry.version.tag.set', { model, kind, version, key, value });
      });
    },

    async deleteVersionTag(context, tag) {
      await changeVersion(context, tag, async (tx, found, { kind }) => {
        const { model, version, name: key } = tag;
        await removeVersionTag(tx, context.workspace, tag);
        await recordTag(tx, context, found, 'deleted', key);
        await deps.events.emit(tx, context, 'registry.version.tag.deleted', { model, kind, version, key });
      });
    },

    registrationsOf: (workspace, loggedModels) => registrationsOf(sql, workspace, loggedModels),

    async isAsFrozen(workspace, { folder, digest }) {
      if (digest === null) return true;
      if (folder === null) return false;
      return (await digestOfFiles(await deps.filesBelow(workspace, folder))) === digest;
    },

    async examples(version) {
      const bytes = await readEntry(blobs, await blobs.getDirectory(version.digest), 'examples.json');
      return JSON.parse(bytes.toString('utf8')) as ModelExamples;
    },

    digestOfBytes: ({ digest }) => digestOfBytes(blobs, digest),
  };

  async function recordTag(
    tx: SqlTransaction,
    context: RequestContext,
    { id, model, version }: StoredVersion,
    verb: 'set' | 'deleted',
    tag: string,
  ): Promise<void> {
    await deps.audit.record(tx, context, {
      action: `registry.version-tag.${verb}`,
      subject: { kind: 'model-version', id },
      details: { model, version, tag },
    });
  }
}

export function isPrompt(tags: Readonly<Record<string, string>>): boolean {
  return Object.hasOwn(tags, promptTag) && tags[promptTag]?.toLowerCase() === 'true';
}

/** What a model is once a tag has a value. */
function kindAfter(kind: ModelHead['kind'], tag: string, value: string): ModelHead['kind'] {
  if (tag !== promptTag) return kind;
  return value.toLowerCase() === 'true' ? 'prompt' : 'model';
}
