import type { StoredBlob } from '../../storage/blobs/blob-store.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { ArtifactOwner } from './artifact.ts';

interface UploadTables {
  artifact_uploads: {
    id: string;
    workspace: string;
    owner_kind: string;
    owner_id: string;
    path: string;
    parts: number;
    created_at: number;
    completed_at: number | null;
  };
  artifact_upload_parts: { upload_id: string; number: number; digest: string; size: number };
}

/** A file that arrives in parts. */
export interface ArtifactUpload {
  readonly id: string;
  readonly owner: ArtifactOwner;
  readonly path: string;
  /** Parts have the numbers from 1 up to this. */
  readonly parts: number;
  readonly createdAt: number;
  readonly completedAt?: number;
}

export interface UploadedPart extends StoredBlob {
  readonly number: number;
}

export async function insertUpload(
  tx: SqlTransaction,
  workspace: string,
  upload: ArtifactUpload,
): Promise<void> {
  await tx
    .query<UploadTables>()
    .insertInto('artifact_uploads')
    .values({
      id: upload.id,
      workspace,
      owner_kind: upload.owner.kind,
      owner_id: upload.owner.id,
      path: upload.path,
      parts: upload.parts,
      created_at: upload.createdAt,
      completed_at: null,
    })
    .execute();
}

export async function findUpload(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<ArtifactUpload | undefined> {
  const row = await reader
    .query<UploadTables>()
    .selectFrom('artifact_uploads')
    .selectAll()
    .where('id', '=', id)
    .where('workspace', '=', workspace)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    owner: { kind: row.owner_kind as ArtifactOwner['kind'], id: row.owner_id },
    path: row.path,
    parts: row.parts,
    createdAt: row.created_at,
    ...(row.completed_at === null ? {} : { completedAt: row.completed_at }),
  };
}

/** Stores a part, in place of an earlier one with its number. */
export async function putUploadedPart(
  tx: SqlTransaction,
  uploadId: string,
  { number, digest, size }: UploadedPart,
): Promise<void> {
  await tx
    .query<UploadTables>()
    .insertInto('artifact_upload_parts')
    .values({ upload_id: uploadId, number, digest, size })
    .onConflict((conflict) => conflict.columns(['upload_id', 'number']).doUpdateSet({ digest, size }))
    .execute();
}

/** By number. */
export async function listUploadedParts(
  reader: SqlReader,
  uploadId: string,
): Promise<readonly UploadedPart[]> {
  return await reader
    .query<UploadTables>()
    .selectFrom('artifact_upload_parts')
    .select(['number', 'digest', 'size'])
    .where('upload_id', '=', uploadId)
    .orderBy('number')
    .execute();
}

/** The file is whole: its parts are not needed any longer. */
export async function markCompleted(tx: SqlTransaction, uploadId: string, at: number): Promise<void> {
  const query = tx.query<UploadTables>();
  await query.updateTable('artifact_uploads').set({ completed_at: at }).where('id', '=', uploadId).execute();
  await query.deleteFrom('artifact_upload_parts').where('upload_id', '=', uploadId).execute();
}

export async function deleteUploads(tx: SqlTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const query = tx.query<UploadTables>();
  await query.deleteFrom('artifact_upload_parts').where('upload_id', 'in', ids).execute();
  await query.deleteFrom('artifact_uploads').where('id', 'in', ids).execute();
}

/** The oldest uploads of all workspaces that were begun before then. */
export async function uploadsBefore(
  reader: SqlReader,
  before: number,
  limit: number,
): Promise<readonly string[]> {
  const rows = await reader
    .query<UploadTables>()
    .selectFrom('artifact_uploads')
    .select('id')
    .where('created_at', '<', before)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}
