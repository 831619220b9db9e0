import { createReadStream, existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../command-error.ts';
import type { SourceFile, SourceOwner } from './mlflow-source.ts';

/** Artifacts of MLflow in a folder of this machine. */
export interface ArtifactFolder {
  files(owner: SourceOwner): AsyncIterable<SourceFile>;
  read(owner: SourceOwner, path: string): AsyncIterable<Uint8Array>;
}

/** Opens the folder that MLflow was told by `--artifacts-destination` or `--default-artifact-root`. Throws CommandError. */
export async function openArtifactFolder(root: string): Promise<ArtifactFolder> {
  const folder = resolve(root);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new CommandError({
      code: 'SOURCE_MISSING',
      what: `There is no folder ${folder}.`,
      todo: 'name the folder of the artifacts by --artifact-root',
    });
  }
  return {
    async *files(owner) {
      const own = folderOf(folder, owner);
      if (existsSync(own)) yield* filesBelow(own, '');
    },
    read: (owner, path) => createReadStream(join(folderOf(folder, owner), path)),
  };
}

async function* filesBelow(folder: string, below: string): AsyncIterable<SourceFile> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(folder, path);
    // A link that leads nowhere has no size; reading it tells why.
    else yield { path, size: (await stat(join(folder, path)).catch(() => undefined))?.size ?? 0 };
  }
}

/**
 * Where the files of an owner are: `mlflow-artifacts:/1/<run>/artifacts` below the root; a local path as it is, while it is
 * there; anything else below the root by its end, as for a copy of a bucket.
 */
function folderOf(root: string, { kind, id, location }: SourceOwner): string {
  const local = localPath(location);
  if (local !== undefined && existsSync(local)) return local;
  const path = location.startsWith('mlflow-artifacts:')
    ? location.replace(/^mlflow-artifacts:(\/\/[^/]*)?\/*/, '')
    : location
        .split('/')
        .slice(kind === 'run' ? -3 : -4)
        .join('/');
  const folder = resolve(root, path);
  if (folder.startsWith(root + sep) || folder === root) return folder;
  throw new CommandError({
    code: 'SOURCE_UNREADABLE',
    what: `The artifacts of the ${kind} ${id} are not read.`,
    why: `Their location ${location} leads out of the folder of the artifacts.`,
    todo: 'correct the location in MLflow',
  });
}

function localPath(location: string): string | undefined {
  if (location.startsWith('file:')) return fileURLToPath(location.replace(/^file:\/*/, 'file:///'));
  return location.startsWith('/') ? location : undefined;
}
