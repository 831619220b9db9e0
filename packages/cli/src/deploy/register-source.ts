import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { ApiError } from '@esteira/sdk';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { openBytes } from '../files.ts';
import { convertSource } from './convert-source.ts';
import type { DeploySource } from './deploy-source.ts';
import type { DeployedVersion } from './deployed-version.ts';
import { type LocalFile, listLocalFiles } from './local-files.ts';

interface Registration {
  readonly model: string;
  readonly project: string;
  readonly description: string;
  /** Files of this machine that go with a file: MLflow's signature, the lock of Python code, stored cases. */
  readonly signature: string | undefined;
  readonly requirements: string | undefined;
  readonly test: string | undefined;
  /** An estimator that becomes a graph first. */
  readonly convert: boolean;
}

/** The version of a model that a source stands for, made where there is none of its bytes yet. */
export async function registerSource(
  context: CommandContext,
  source: DeploySource,
  registration: Registration,
): Promise<{ readonly version: DeployedVersion; readonly created: boolean }> {
  const { registry } = context.client();
  const { model, description, signature, requirements, test, convert } = registration;
  const wanted = { model, description };
  if (source.kind === 'version') {
    const version = await registry.version({ params: { name: source.model, version: source.version } });
    if (convert) return await convertSource(context, wanted, { modelVersionId: version.id });
    if (version.notDeployable === null) return { version, created: false };
    return { version: await registry.inspectVersion({ params: { id: version.id } }), created: false };
  }
  if (source.kind === 'run') {
    const { runId, path } = source;
    if (convert) return await convertSource(context, wanted, { runId, path });
    return await registerSent(context, wanted, { runId, path });
  }
  const files = await listLocalFiles(source, {
    'signature.json': signature,
    'requirements.txt': requirements,
    'cases.json': test,
  });
  const same = convert ? undefined : await findSame(context, model, files);
  if (same !== undefined) {
    if (same.notDeployable === null) return { version: same, created: false };
    return { version: await registry.inspectVersion({ params: { id: same.id } }), created: false };
  }
  return await upload(context, source.path, registration, files);
}

/** A version of the model that has exactly these files. */
async function findSame(
  context: CommandContext,
  name: string,
  files: readonly LocalFile[],
): Promise<DeployedVersion | undefined> {
  const wanted = new Map(files.map(({ path, digest }) => [path, digest]));
  let cursor: string | undefined;
  do {
    const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) };
    const page = await context.client().registry.versions({ params: { name }, query });
    for (const version of page.items) {
      const { artifacts } = version;
      if (artifacts.length !== wanted.size) continue;
      if (artifacts.every(({ path, digest }) => wanted.get(path) === digest)) return version;
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return undefined;
}

/** Files come in as those of a run, so that the version has a source on record. */
async function upload(
  context: CommandContext,
  path: string,
  { model, project, description, convert }: Registration,
  files: readonly LocalFile[],
): Promise<{ version: DeployedVersion; created: boolean }> {
  const { tracking } = context.client();
  const name = `deploy ${basename(path)}`;
  const run = await tracking.startRun({
    body: { experiment: `${model} deployments`, project, name, tags: { 'esteira.deploy.model': model } },
  });
  const params = { id: run.id };
  try {
    for (const { path: at, file, bytes } of files) {
      context
        .output()
        .progress(
          `sending ${at}${bytes === undefined ? '' : ', its ZipMap taken off: probabilities are one tensor'}`,
        );
      await tracking.putArtifact({
        params,
        query: { path: `model/${at}` },
        body: bytes === undefined ? await openBytes(context, file) : Readable.from([bytes]),
      });
    }
    const sent = { runId: run.id, path: 'model' };
    const registered = convert
      ? await convertSource(context, { model, description }, sent)
      : await registerSent(context, { model, description }, sent);
    await tracking.updateRun({ params, body: { status: 'succeeded' } });
    return registered;
  } catch (error) {
    if (error instanceof ApiError || error instanceof CommandError)
      await tracking.updateRun({ params, body: { status: 'failed' } });
    throw error;
  }
}

async function registerSent(
  context: CommandContext,
  { model, description }: Pick<Registration, 'model' | 'description'>,
  source: { readonly runId: string; readonly path: string },
): Promise<{ version: DeployedVersion; created: boolean }> {
  const body = { ...source, description };
  const { registry } = context.client();
  const { created, ...version } = await registry.registerFromRun({ params: { name: model }, body });
  return { version, created };
}
