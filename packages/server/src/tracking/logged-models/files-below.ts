import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { Artifact, ArtifactOwner } from '../artifacts/artifact.ts';
import { findArtifact, listArtifacts } from '../artifacts/artifact-store.ts';

const pageSize = 1000;

type FileBelow = Pick<Artifact, 'path' | 'digest' | 'size'>;

/** The files below a folder of an owner ('' is its root), by their paths there; of a path that is a file, that file alone. */
export async function filesBelow(
  sql: SqlReader,
  workspace: string,
  owner: ArtifactOwner,
  folder: string,
): Promise<readonly FileBelow[]> {
  const skipped = folder === '' ? 0 : folder.length + 1;
  const files: FileBelow[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await listArtifacts(sql, workspace, owner, { under: folder, after, limit: pageSize });
    for (const { path, digest, size } of page) files.push({ path: path.slice(skipped), digest, size });
    after = page.at(-1)?.path;
    if (page.length < pageSize) break;
  }
  return files.length === 0 && folder !== '' ? await fileAt(sql, workspace, owner, folder) : files;
}

async function fileAt(
  sql: SqlReader,
  workspace: string,
  owner: ArtifactOwner,
  path: string,
): Promise<readonly FileBelow[]> {
  const file = await findArtifact(sql, workspace, owner, path);
  if (file === undefined) return [];
  return [{ path: path.slice(path.lastIndexOf('/') + 1), digest: file.digest, size: file.size }];
}
