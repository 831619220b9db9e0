import type { RequestContext } from '../../../kernel/actor.ts';
import type { WireRequest, WireRoute } from '../../../kernel/wire-route.ts';
import {
  type ArtifactOwner,
  type Artifacts,
  checkArtifactPath,
  type KnownOwner,
} from '../../../tracking/index.ts';
import { readFields } from '../fields.ts';
import { invalidParameter, MlflowError } from '../mlflow-error.ts';
import { contextOf, rpc } from '../rpc.ts';
import { answerFile, existingArtifact, headersOf, type NamedContent } from './artifact-answer.ts';
import { fileInfosOf } from './file-infos.ts';

export interface OwnedArtifactDeps {
  readonly artifacts: Artifacts;
  /** A file of a version of a registered model; undefined when there is none. */
  readonly fileOfVersion: (
    workspace: string,
    model: string,
    version: string,
    path: string,
  ) => Promise<NamedContent | undefined>;
}

/** Files by what they are kept with: a run, a logged model, a trace, a version of a registered model. */
export function ownedArtifactRoutes(deps: OwnedArtifactDeps): readonly WireRoute[] {
  const { artifacts } = deps;

  async function list(workspace: string, owner: ArtifactOwner, folder: string | undefined) {
    const known = await existingOwner(artifacts, workspace, owner);
    const entries = await artifacts.list(workspace, owner, (folder ?? '').replace(/\/$/, ''));
    return { root_uri: known.location, files: fileInfosOf(entries, 'paths') };
  }

  return [
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/artifacts/list',
      access: 'tracking:read',
      answer: ({ fields, context: { workspace } }) => {
        const run = fields.optionalText('run_id') || fields.optionalText('run_uuid') || fields.text('run_id');
        return list(workspace, { kind: 'run', id: run }, fields.optionalText('path'));
      },
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/logged-models/:model_id/artifacts/directories',
      access: 'tracking:read',
      answer: ({ fields, context: { workspace } }) => {
        const owner = { kind: 'logged-model', id: fields.text('model_id') } as const;
        return list(workspace, owner, fields.optionalText('artifact_directory_path'));
      },
    }),
    ...downloads('/get-artifact', (request, { workspace }) => {
      const fields = readFields(request.query, {}, true);
      const run = fields.optionalText('run_id') || fields.optionalText('run_uuid') || fields.text('run_id');
      return ownedFile(workspace, { kind: 'run', id: run }, fields.text('path'));
    }),
    ...download('/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files', (request, { workspace }) => {
      const fields = readFields(request.query, request.params, true);
      const path = fields.text('artifact_file_path');
      return ownedFile(workspace, { kind: 'logged-model', id: fields.text('model_id') }, path);
    }),
    ...downloads('/model-versions/get-artifact', async (request, { workspace }) => {
      const fields = readFields(request.query, {}, true);
      const path = checkArtifactPath(fields.text('path'));
      const version = fields.text('version');
      const file = await deps.fileOfVersion(workspace, fields.text('name'), version, path);
      if (file !== undefined) return file;
      throw new MlflowError(
        'RESOURCE_DOES_NOT_EXIST',
        `There is no such version, or it has no file at '${path}'.`,
      );
    }),
    uploadRoute(artifacts),
  ];

  async function ownedFile(workspace: string, owner: ArtifactOwner, path: string): Promise<NamedContent> {
    checkArtifactPath(path);
    await existingOwner(artifacts, workspace, owner);
    return await existingArtifact(artifacts, workspace, { owner, path });
  }

  /** Under the plain path and with its slash twice, which comes of an address that ends with one. */
  function downloads(path: string, find: Parameters<typeof download>[1]): readonly WireRoute[] {
    return [path, `/${path}`].flatMap((one) => download(one, find));
  }

  function download(
    path: string,
    find: (request: WireRequest, context: RequestContext) => Promise<NamedContent>,
  ): readonly WireRoute[] {
    const route = { path, access: 'tracking:read', body: 'none' } as const;
    return [
      {
        ...route,
        method: 'HEAD',
        handle: async (request) => ({ headers: headersOf(await find(request, contextOf(request))) }),
      },
      {
        ...route,
        method: 'GET',
        handle: async (request) => answerFile(artifacts, await find(request, contextOf(request)), request),
      },
    ];
  }
}

/** Throws RESOURCE_DOES_NOT_EXIST. */
export async function existingOwner(
  artifacts: Artifacts,
  workspace: string,
  owner: ArtifactOwner,
): Promise<KnownOwner> {
  const known = await artifacts.findOwner(workspace, owner);
  if (known !== undefined) return known;
  const name = { run: 'Run', 'logged-model': 'Logged model', trace: 'Trace' }[owner.kind as string];
  throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `${name ?? 'Experiment'} with id=${owner.id} not found`);
}

const largestUpload = 10 * 1024 * 1024;

/** A small file of a run, from the page. */
function uploadRoute(artifacts: Artifacts): WireRoute {
  return {
    method: 'POST',
    path: '/ajax-api/2.0/mlflow/upload-artifact',
    access: 'tracking:write',
    body: 'bytes',
    async handle(request) {
      const context = contextOf(request);
      const fields = readFields(request.query, {}, true);
      const run = fields.optionalText('run_uuid');
      if (!run) throw invalidParameter('Request must specify run_uuid.');
      const path = fields.optionalText('path');
      if (!path) throw invalidParameter('Request must specify path.');
      checkArtifactPath(path);
      const length = Number(request.headers['content-length'] ?? Number.NaN);
      if (length > largestUpload) throw tooLarge();
      if (length === 0) throw noData();
      const owner = { kind: 'run', id: run } as const;
      await existingOwner(artifacts, context.workspace, owner);
      await artifacts.put(context, owner, path, someButNotTooMany(request.bytes));
      return { body: {} };
    },
  };
}

async function* someButNotTooMany(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > largestUpload) throw tooLarge();
    yield chunk;
  }
  if (size === 0) throw noData();
}

function tooLarge(): MlflowError {
  return invalidParameter('Artifact size is too large. Max size is 10MB.');
}

function noData(): MlflowError {
  return invalidParameter('Request must specify data.');
}
