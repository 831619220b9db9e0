import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { Artifact, ArtifactOwner } from '../artifacts/artifact.ts';
import { listArtifacts } from '../artifacts/artifact-store.ts';

const pageSize = 1000;

/** The files below a folder of an owner ('' is its root), by their paths there. */
export async function filesBelow(
  sql: SqlReader,
  workspace: string,
  owner: ArtifactOwner,
  folder: string,
): Promise<readonly Pick<Artifact, 'path' | 'digest' | 'size'>[]> {
  const skipped = folder === '' ? 0 : folder.length + 1;
  const files: Pick<Artifact, 'path' | 'digest' | 'size'>[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await listArtifacts(sql, workspace, owner, { under: folder, after, limit: pageSize });
    for (const { path, digest, size } of page) files.push({ path: path.slice(skipped), digest, size });
    after = page.at(-1)?.path;
    if (page.length < pageSize) return files;
  }
}
