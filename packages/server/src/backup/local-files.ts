import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import { syncDirectory } from '../storage/blobs/filesystem/synced-file.ts';
import { storageError } from '../storage/blobs/storage-error.ts';
import { asArchiveDamage } from './archive-damage.ts';
import type { ArchivedFile } from './archive-manifest.ts';

/**
 * What lies in a data directory beside database and blobs and can be had from nowhere else: the prediction logs that model
 * servers have answered for and not yet shipped. They lie in `data-plane/model-servers/<workspace>/`: `source`, the name of
 * the log, and `spool/<offset>.ndjson`, its segments, of which the oldest is removed when all of it was taken over.
 */
const modelServers = join('data-plane', 'model-servers');
const segmentName = /^\d{16}\.ndjson$/;
const folderName = /^[A-Za-z0-9_-]+$/;

/**
 * Copies the logs into a blob store. To be called before the database is looked at: a line that is shipped meanwhile is then
 * in both, which the offsets tell; the other way round it would be in neither.
 */
export async function collectLocalFiles(
  dataDirectory: string,
  blobs: BlobStore,
): Promise<readonly ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  for (const workspace of await list(join(dataDirectory, modelServers))) {
    if (!folderName.test(workspace)) continue;
    const folder = join(modelServers, workspace);
    const segments = (await list(join(dataDirectory, folder, 'spool'))).filter((name) =>
      segmentName.test(name),
    );
    for (const path of ['source', ...segments.sort().map((name) => join('spool', name))]) {
      const stored = await store(join(dataDirectory, folder, path), blobs);
      if (stored !== undefined) files.push({ path: join(folder, path), ...stored });
    }
  }
  return files;
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function store(path: string, blobs: BlobStore): Promise<{ digest: string; size: number } | undefined> {
  try {
    return await blobs.put(wholeLines(path));
  } catch (error) {
    // Taken over and removed since the folder was listed.
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The bytes up to the last line end: what follows is being written, and nobody was answered for it. */
async function* wholeLines(path: string): AsyncIterable<Uint8Array> {
  const isLog = path.endsWith('.ndjson');
  let cut: Buffer | undefined;
  for await (const part of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    if (!isLog) {
      yield part;
      continue;
    }
    const at = part.lastIndexOf(0x0a);
    if (at < 0) {
      cut = cut === undefined ? part : Buffer.concat([cut, part]);
      continue;
    }
    if (cut !== undefined) yield cut;
    yield part.subarray(0, at + 1);
    cut = part.subarray(at + 1);
  }
}

/** Where a log of predictions ends. */
export interface SpoolEnd {
  readonly source: string;
  readonly end: number;
}

/**
 * Puts the files of an archive into a data directory, each under its name only when it is whole, and tells where each log
 * ends. What was acknowledged is not remembered: all of a log is shipped again, and what has arrived is known by its offset.
 * Throws ARCHIVE_DAMAGED, STORAGE_FULL.
 */
export async function placeLocalFiles(
  dataDirectory: string,
  files: readonly ArchivedFile[],
  blobs: Pick<BlobStore, 'get'>,
): Promise<readonly SpoolEnd[]> {
  const sources = new Map<string, string>();
  const ends = new Map<string, number>();
  for (const file of files) {
    const path = join(dataDirectory, file.path);
    const workspace = file.path.split('/')[2] ?? '';
    const parts: Uint8Array[] = [];
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const written = await open(`${path}.new`, 'w', 0o600);
    try {
      for await (const part of blobs.get(file.digest)) {
        await written.writeFile(part);
        if (file.path.endsWith('/source')) parts.push(part);
      }
      await written.sync();
    } catch (error) {
      throw storageError(asArchiveDamage(file.digest, error));
    } finally {
      await written.close();
    }
    await rename(`${path}.new`, path);
    await syncDirectory(dirname(path));
    if (file.path.endsWith('/source')) sources.set(workspace, Buffer.concat(parts).toString());
    const segment = /\/(\d{16})\.ndjson$/.exec(file.path)?.[1];
    if (segment !== undefined) ends.set(workspace, Number(segment) + file.size);
  }
  return [...sources].flatMap(([workspace, source]) => {
    const end = ends.get(workspace);
    return end === undefined ? [] : [{ source, end }];
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
