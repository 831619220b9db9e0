import { createHash } from 'node:crypto';
import type { BlobStore, DirectoryEntry, StoredBlob } from '../storage/blobs/blob-store.ts';
import { encodeDirectory } from '../storage/blobs/directory-listing.ts';

/** A file below a folder, by its path there. */
export interface KeptFile {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
}

/** Stores the listing of the files as a Merkle tree of directories; its digest stands for all of them. */
export async function freezeFiles(blobs: BlobStore, files: readonly KeptFile[]): Promise<StoredBlob> {
  return await buildTree(files, (entries) => blobs.putDirectory(entries));
}

/** The digest that `freezeFiles` would give, with nothing stored. */
export async function digestOfFiles(files: readonly KeptFile[]): Promise<string> {
  const { digest } = await buildTree(files, async (entries) => {
    const bytes = encodeDirectory(entries);
    return {
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      size: bytes.length,
    };
  });
  return digest;
}

async function buildTree(
  files: readonly KeptFile[],
  put: (entries: readonly DirectoryEntry[]) => Promise<StoredBlob>,
): Promise<StoredBlob> {
  const entries: DirectoryEntry[] = [];
  const folders = new Map<string, KeptFile[]>();
  for (const file of files) {
    const slash = file.path.indexOf('/');
    if (slash < 0) {
      entries.push({ name: file.path, kind: 'file', digest: file.digest, size: file.size });
      continue;
    }
    const folder = file.path.slice(0, slash);
    const inside = folders.get(folder) ?? [];
    inside.push({ ...file, path: file.path.slice(slash + 1) });
    folders.set(folder, inside);
  }
  for (const [name, inside] of folders)
    entries.push({ name, kind: 'directory', ...(await buildTree(inside, put)) });
  return await put(entries);
}
