import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Artifact, ArtifactOwner } from '../artifacts/artifact.ts';
import type { ArtifactOwners } from '../artifacts/artifact-owners.ts';
import { findArtifact, findInTheWay, putArtifactEntry } from '../artifacts/artifact-store.ts';

/**
 * Keeps a file with its owner, deleted or not. One that is at the path already stays. Throws RUN_NOT_FOUND,
 * ARTIFACT_OWNER_NOT_FOUND, ARTIFACT_IN_THE_WAY.
 */
export async function importFile(
  owners: Pick<ArtifactOwners, 'existing'>,
  tx: SqlTransaction,
  workspace: string,
  owner: ArtifactOwner,
  file: Artifact,
): Promise<Artifact> {
  await owners.existing(tx, workspace, owner);
  const before = await findArtifact(tx, workspace, owner, file.path);
  if (before !== undefined) return before;
  const other = await findInTheWay(tx, workspace, owner, file.path);
  if (other !== undefined) throw esteiraError('ARTIFACT_IN_THE_WAY', { path: file.path, other });
  await putArtifactEntry(tx, workspace, owner, file);
  return file;
}
