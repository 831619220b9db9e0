import type { RequestContext } from '../../../kernel/actor.ts';
import type { Folder, LabelledVersion, RegistryService } from '../../../registry/index.ts';
import type { Artifacts, LoggedModels } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';
import type { Call } from '../rpc.ts';
import { saysPrompt } from './prompt-tag.ts';
import { readDescription, readModelName, readTags, toStage } from './registry-checks.ts';
import { modelNotFound, versionNotFound } from './registry-rpc.ts';
import {
  isWithin,
  type NamedSource,
  readSource,
  refuseForeignSource,
  refuseSource,
  type VersionName,
} from './version-source.ts';

export interface CreateVersionDeps {
  readonly registry: RegistryService;
  readonly artifacts: Artifacts;
  readonly loggedModels: LoggedModels;
}

/** What a source comes to in this workspace. */
interface Resolved {
  /** As it is to be shown. */
  readonly source: string;
  readonly location: string;
  readonly files: Folder | { readonly model: string; readonly version: number } | undefined;
  readonly runId: string | null;
  readonly loggedModelId: string | null;
}

/** What senders of prompts, which have no files, write where a source is due. */
const promptSources = ['dummy-source', 'prompt-template'];

/** Makes a version of what a source names. */
export async function createVersion(
  deps: CreateVersionDeps,
  { fields, context }: Call,
): Promise<LabelledVersion> {
  const model = readModelName(fields);
  const source = fields.text('source');
  const tags = readTags(fields);
  const runLink = fields.optionalText('run_link') ?? '';
  const description = readDescription(fields);
  const given = { runId: givenId(fields, 'run_id'), modelId: givenId(fields, 'model_id') };
  const resolved = saysPrompt(tags)
    ? ofPrompt(source, given.runId)
    : await resolve(deps, context.workspace, source, given);
  const version = await deps.registry.registerKept(context, {
    model,
    tags,
    runLink,
    description,
    ...resolved,
  });
  if (resolved.loggedModelId !== null) await noteVersion(deps, context, resolved.loggedModelId, version);
  return version;
}

interface Given {
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
}

/** An empty id says the same as none. */
function givenId(fields: Fields, name: string): string | undefined {
  return fields.optionalText(name) || undefined;
}

function ofPrompt(source: string, runId: string | undefined): Resolved {
  if (!promptSources.includes(source))
    throw invalidParameter(
      `Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`,
    );
  return { source, location: source, files: undefined, runId: runId ?? null, loggedModelId: null };
}

async function resolve(
  deps: CreateVersionDeps,
  workspace: string,
  source: string,
  given: Given,
): Promise<Resolved> {
  const named = readSource(source);
  switch (named.kind) {
    case 'run':
      return await ofRun(deps, workspace, source, named, given);
    case 'logged-model':
      return await ofLoggedModel(deps, workspace, source, named.modelId, given);
    case 'version':
      return await ofVersion(deps, workspace, source, named, given);
    case 'elsewhere':
      return await ofObjectStore(deps, workspace, source, given);
    case 'artifacts':
      return await ofArtifacts(deps, workspace, source, named.path, given);
  }
}

/** The files stay where they are: the version has none here, so that nothing can be served of it. */
async function ofObjectStore(
  deps: CreateVersionDeps,
  workspace: string,
  source: string,
  { runId, modelId }: Given,
): Promise<Resolved> {
  if (modelId !== undefined && (await deps.loggedModels.find(workspace, modelId)) === undefined)
    throw refuseForeignSource(source, 'model_id');
  return {
    source,
    location: source,
    files: undefined,
    runId: runId ?? null,
    loggedModelId: modelId ?? null,
  };
}

/** A run that this server does not keep has no files; its version keeps what was said of it. */
async function ofRun(
  deps: CreateVersionDeps,
  workspace: string,
  source: string,
  { runId, path }: { runId: string; path: string },
  given: Given,
): Promise<Resolved> {
  if (given.modelId !== undefined) throw refuseForeignSource(source, 'model_id');
  if (given.runId !== runId) throw refuseForeignSource(source, 'run_id');
  const owner = await deps.artifacts.findOwner(workspace, { kind: 'run', id: runId });
  const files = owner === undefined ? undefined : ({ kind: 'run', id: runId, path } as const);
  return { source, location: source, files, runId, loggedModelId: null };
}

async function ofLoggedModel(
  deps: CreateVersionDeps,
  workspace: string,
  source: string,
  modelId: string,
  given: Given,
): Promise<Resolved> {
  const model = await deps.loggedModels.find(workspace, modelId);
  if (given.modelId !== modelId || model === undefined) throw refuseForeignSource(source, 'model_id');
  return {
    source,
    location: model.artifactLocation,
    files: { kind: 'logged-model', id: modelId, path: '' },
    runId: given.runId ?? model.sourceRunId,
    loggedModelId: modelId,
  };
}

async function ofVersion(
  { registry }: CreateVersionDeps,
  workspace: string,
  source: string,
  { model, by }: NamedSource & { kind: 'version' },
  given: Given,
): Promise<Resolved> {
  const known = await registry.findModel(workspace, model);
  if (known === undefined) throw modelNotFound(model);
  if (known.kind === 'prompt')
    throw refuseSource(source, 'Prompt versions cannot be used as model version sources.');
  const version = await named(registry, workspace, model, by);
  if (version === undefined)
    throw versionNotFound(model, typeof by === 'object' ? Object.values(by).join() : by);
  const isOther =
    (given.runId !== undefined && given.runId !== version.runId) ||
    (given.modelId !== undefined && given.modelId !== version.loggedModelId);
  if (isOther) {
    throw refuseSource(
      source,
      'The run_id and model_id request parameters must match the referenced model version.',
    );
  }
  return {
    source: `models:/${model}/${version.version}`,
    location: version.location,
    files: { model, version: version.version },
    runId: version.runId,
    loggedModelId: null,
  };
}

async function named(
  registry: RegistryService,
  workspace: string,
  model: string,
  by: VersionName,
): Promise<LabelledVersion | undefined> {
  if (by === 'latest') return (await registry.allVersions(workspace, { model, limit: 1 }))[0];
  if ('number' in by) return await registry.resolveVersion(workspace, model, String(by.number));
  if ('alias' in by) return await registry.versionOfAlias(workspace, model, by.alias);
  return (await registry.newestVersions(workspace, [model], [toStage(by.stage)]))[0];
}

async function ofArtifacts(
  deps: CreateVersionDeps,
  workspace: string,
  source: string,
  path: readonly string[],
  given: Given,
): Promise<Resolved> {
  const parameter = given.modelId === undefined ? 'run_id' : 'model_id';
  const place = await deps.artifacts.findPlace(workspace, path);
  if (place === undefined) throw refuseForeignSource(source, parameter);
  const kind = given.modelId === undefined ? 'run' : 'logged-model';
  if (!isWithin(place, kind, given.modelId ?? given.runId)) throw refuseForeignSource(source, parameter);
  const { owner } = place;
  return {
    source,
    location: source,
    files: { kind, id: owner.id, path: place.path },
    runId: given.runId ?? null,
    loggedModelId: given.modelId ?? null,
  };
}

/** The tag of a logged model that tells clients which versions it has become: a list of names and numbers, as JSON. */
async function noteVersion(
  { loggedModels }: CreateVersionDeps,
  context: RequestContext,
  modelId: string,
  { model, version }: LabelledVersion,
): Promise<void> {
  await loggedModels.changeTag(context, modelId, 'mlflow.modelVersions', (noted) => {
    // As their server writes it, blanks and all: programs compare the text.
    const note = `{"name": ${JSON.stringify(model)}, "version": ${version}}`;
    return `[${[...readNotes(noted), note].join(', ')}]`;
  });
}

/** The text within the list; nothing when there is none, for what a client wrote there may be anything. */
function readNotes(noted: string | undefined): readonly string[] {
  try {
    const notes: unknown = JSON.parse(noted ?? '[]');
    return Array.isArray(notes) && notes.length > 0 ? [(noted ?? '').trim().slice(1, -1)] : [];
  } catch {
    return [];
  }
}
