import type { ModelVersion } from '@esteira/contracts';
import type { LabelledVersion, RegistryService } from '../../../registry/index.ts';
import type { ArtifactOwner, Artifacts, FolderEntry } from '../../../tracking/index.ts';
import { invalidParameter } from '../mlflow-error.ts';

/** Folder of the proxy of artifacts below which registered versions lie, each under its id. */
const folder = 'model-versions';

/** Where the proxy of artifacts has the frozen files of a version. */
export function frozenLocation({ id }: LabelledVersion): string {
  return `mlflow-artifacts:/${folder}/${id}`;
}

/** Artifacts, among them the files of registered versions as they were frozen: to be read, never written. */
export function withFrozenFiles(artifacts: Artifacts, registry: RegistryService): Artifacts {
  async function filesOf(workspace: string, { id }: ArtifactOwner): Promise<ModelVersion['artifacts']> {
    return [...((await registry.versionById(workspace, id))?.artifacts ?? [])];
  }

  return {
    ...artifacts,
    async findPlace(workspace, parts) {
      const [first, id, ...path] = parts;
      if (first !== folder || id === undefined) return await artifacts.findPlace(workspace, parts);
      const version = await registry.versionById(workspace, id);
      return version && { owner: { kind: 'model-version', id }, path: path.join('/') };
    },
    async find(workspace, owner, path) {
      if (owner.kind !== 'model-version') return await artifacts.find(workspace, owner, path);
      const file = (await filesOf(workspace, owner)).find((candidate) => candidate.path === path);
      return file && { ...file, createdAt: 0 };
    },
    async list(workspace, owner, path) {
      if (owner.kind !== 'model-version') return await artifacts.list(workspace, owner, path);
      return shownBelow(await filesOf(workspace, owner), path);
    },
    async put(context, owner, path, bytes) {
      refuseFrozen(owner);
      return await artifacts.put(context, owner, path, bytes);
    },
    async remove(context, owner, path) {
      refuseFrozen(owner);
      return await artifacts.remove(context, owner, path);
    },
    uploads: {
      ...artifacts.uploads,
      async begin(context, owner, path, parts) {
        refuseFrozen(owner);
        return await artifacts.uploads.begin(context, owner, path, parts);
      },
    },
  };
}

/** The files and folders right below a folder, by path. */
function shownBelow(files: ModelVersion['artifacts'], path: string): readonly FolderEntry[] {
  const start = path === '' ? '' : `${path}/`;
  const entries = new Map<string, FolderEntry>();
  for (const file of files) {
    if (!file.path.startsWith(start)) continue;
    const slash = file.path.indexOf('/', start.length);
    const shown = slash < 0 ? file.path : file.path.slice(0, slash);
    entries.set(shown, { path: shown, size: slash < 0 ? file.size : undefined });
  }
  return [...entries.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function refuseFrozen({ kind }: ArtifactOwner): void {
  if (kind === 'model-version')
    throw invalidParameter('The files of a registered version are frozen: register another version instead.');
}
