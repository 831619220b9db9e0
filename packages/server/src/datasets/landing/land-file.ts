import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestContext } from '../../kernel/actor.ts';
import { existingDataset } from '../dataset-store.ts';
import type { DatasetsDeps } from '../datasets-deps.ts';
import { findLandedFileByDigest, insertLandedFile, type LandedFile } from './landed-file-store.ts';
import { readLandedFile } from './read-landed-file.ts';
import { receiveUpload } from './receive-upload.ts';

export interface LandFileRequest {
  readonly dataset: string;
  readonly fileName: string;
  /** What the sender takes the file for; its content decides. */
  readonly format?: 'parquet' | 'csv' | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Takes an uploaded file into the landing zone, after reading it whole; a broken one leaves nothing behind. The same bytes
 * again are the file that landed before. Throws DATASET_NOT_FOUND, STORAGE_FULL and what `readLandedFile` throws.
 */
export async function landFile(
  deps: DatasetsDeps,
  context: RequestContext,
  request: LandFileRequest,
): Promise<LandedFile> {
  const { fileName } = request;
  const dataset = await existingDataset(deps.sql, context.workspace, request.dataset);
  const directory = await deps.blobs.temporaryDirectory();
  try {
    const path = join(directory, 'upload');
    await receiveUpload(request.bytes, path);
    const content = await readLandedFile(deps.tables, path, { fileName, hint: request.format });
    const blob = await deps.blobs.adopt(path);
    return await deps.sql.transaction(async (tx) => {
      const known = await findLandedFileByDigest(tx, dataset.id, blob.digest);
      if (known !== undefined) return known;
      const file: LandedFile = {
        ...content,
        ...blob,
        id: deps.ids.next('file'),
        datasetId: dataset.id,
        fileName,
        landedAt: deps.clock.now(),
        landedBy: context.actor.id,
      };
      await insertLandedFile(tx, context.workspace, file);
      await deps.audit.record(tx, context, {
        action: 'datasets.file.landed',
        subject: { kind: 'source-file', id: file.id },
        details: { dataset: dataset.name, fileName, digest: file.digest, rows: file.rows },
      });
      return file;
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
