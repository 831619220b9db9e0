import type { StreamReply } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import { blobDownload } from '../../storage/blobs/blob-download.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { ArtifactOwner } from './artifact.ts';
import type { Artifacts } from './artifact-service.ts';

interface DownloadDeps {
  readonly blobs: BlobStore;
  readonly artifacts: Pick<Artifacts, 'find'>;
}

/** The answer that gives a file of a run or of a logged model. Throws ARTIFACT_NOT_FOUND. */
export async function downloadArtifact(
  { blobs, artifacts }: DownloadDeps,
  workspace: string,
  owner: ArtifactOwner,
  { path, redirect }: { readonly path: string; readonly redirect: boolean },
): Promise<StreamReply> {
  const file = await artifacts.find(workspace, owner, path);
  if (file === undefined) throw esteiraError('ARTIFACT_NOT_FOUND', { ...owner, path });
  return await blobDownload(blobs, file, {
    // The bytes come from whoever logged them: always a download, never shown inline.
    contentType: 'application/octet-stream',
    fileName: file.path.split('/').at(-1) ?? 'artifact',
    redirect,
  });
}
