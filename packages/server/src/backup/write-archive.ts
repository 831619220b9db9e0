import { setImmediate as nextTurn } from 'node:timers/promises';
import { canonicalDigest } from '../governance/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { BlobStore, StoredBlob } from '../storage/blobs/blob-store.ts';
import type { SqlSnapshot } from '../storage/sql/sql-snapshot.ts';
import {
  type ArchivedFile,
  type ArchivedTable,
  type ArchiveManifest,
  archiveFormat,
} from './archive-manifest.ts';
import type { OnProgress } from './archive-progress.ts';
import { archiveNameAt, readManifest, type WritablePlace } from './backup-place.ts';
import { encodeRow } from './canonical-row.ts';
import { carriedTables } from './carried-tables.ts';
import { writeLineFile } from './line-file.ts';
import type { TableSchema } from './table-schema.ts';

export interface ArchiveSource {
  readonly installation: string;
  /** Names of the migrations of the database, in order, and the tables they make. */
  readonly migrations: readonly string[];
  readonly tables: readonly TableSchema[];
  /** The key that signs the audit log, only ever wrapped. */
  readonly signingKey: ArchiveManifest['signingKey'];
  /** Files beside database and blobs. Collected before the snapshot is opened, because what leaves them goes to the database. */
  readonly collectFiles: (blobs: BlobStore) => Promise<readonly ArchivedFile[]>;
  readonly openSnapshot: () => Promise<SqlSnapshot>;
  readonly blobs: Pick<BlobStore, 'list' | 'get'>;
}

export interface WriteArchiveDeps {
  readonly clock: Clock;
  readonly release: string;
  readonly place: WritablePlace;
  /** The blobs of the place. */
  readonly placeBlobs: BlobStore;
  readonly onProgress: OnProgress;
  /** Aborts when blobs are no longer held, or somebody gives up. */
  readonly signal: AbortSignal;
}

export interface WrittenArchive {
  readonly manifest: ArchiveManifest;
  /** What the place did not have yet. */
  readonly copied: { readonly blobs: number; readonly bytes: number };
}

/**
 * Writes one archive: everything that was committed when the snapshot was opened, and all blobs that were there
 * afterwards, of which those that the place has already are not copied again. Nothing of it has a name before all of it is
 * on disk. Stored content that is damaged is named in the manifest and left out. Throws STORAGE_FULL, BACKUP_INCOMPLETE,
 * VALUE_NOT_PORTABLE.
 */
export async function writeArchive(
  deps: WriteArchiveDeps,
  kind: ArchiveManifest['kind'],
  source: ArchiveSource,
): Promise<WrittenArchive> {
  const { clock, place } = deps;
  const startedAt = clock.now();
  const name = archiveNameAt(startedAt);
  await place.begin(name);
  try {
    const files = await source.collectFiles(deps.placeBlobs);
    const tables = await writeTables(deps, name, source);
    const blobs = await writeBlobs(deps, name, source.blobs);
    deps.signal.throwIfAborted();
    await place.finish({
      format: archiveFormat,
      name,
      kind,
      release: deps.release,
      installation: source.installation,
      startedAt,
      ...tables,
      finishedAt: clock.now(),
      migrations: [...source.migrations],
      schemaDigest: digestOfSchema(source.tables),
      blobs: blobs.list,
      damaged: blobs.damaged,
      files: [...files],
      signingKey: source.signingKey,
      complete: true,
    });
    return { manifest: await readManifest(place, name), copied: blobs.copied };
  } catch (error) {
    await place.abandon(name);
    throw error;
  }
}

/** Tells schemas apart that have migrations of the same names. */
export function digestOfSchema(tables: readonly TableSchema[]): string {
  return canonicalDigest(
    tables.map(({ name, columns, key }) => ({
      name,
      key: [...key],
      columns: columns.map((column) => ({ ...column })),
    })),
  );
}

async function writeTables(
  deps: WriteArchiveDeps,
  archive: string,
  source: ArchiveSource,
): Promise<Pick<ArchiveManifest, 'engine' | 'snapshotAt' | 'tables' | 'omitted' | 'audit'>> {
  const snapshot = await source.openSnapshot();
  const snapshotAt = deps.clock.now();
  try {
    await requireTables(snapshot, source.tables);
    const { carried, omitted } = carriedTables(source.tables);
    const tables: ArchivedTable[] = [];
    let audit: ArchiveManifest['audit'] = null;
    for (const table of carried) {
      const isHeads = table.name === 'audit_heads';
      const name = `tables/${table.name}.ndjson.zst`;
      const lines = linesOf(deps, snapshot, table, (last) => {
        if (isHeads) audit = toHead(table, last);
      });
      const file = await deps.place.add(archive, name, (path) => writeLineFile({ path, name }, lines));
      tables.push({ name: table.name, ...file });
    }
    return { engine: snapshot.engine, snapshotAt, tables, omitted: [...omitted], audit };
  } finally {
    await snapshot.close();
  }
}

/** A database with other tables than its migrations make has been worked on by hand; leaving some out would be no backup. */
async function requireTables(snapshot: SqlSnapshot, tables: readonly TableSchema[]): Promise<void> {
  const found = (await snapshot.tables()).filter((name) => name !== 'migrations');
  const expected = tables.map(({ name }) => name);
  const strange = [
    ...found
      .filter((name) => !expected.includes(name))
      .map((name) => `there is a table ${name} that no migration makes`),
    ...expected.filter((name) => !found.includes(name)).map((name) => `the table ${name} is missing`),
  ];
  if (strange.length > 0) throw esteiraError('BACKUP_INCOMPLETE', { problem: strange.join('; ') });
}

async function* linesOf(
  deps: WriteArchiveDeps,
  snapshot: SqlSnapshot,
  table: TableSchema,
  onLast: (values: readonly unknown[]) => void,
): AsyncIterable<readonly string[]> {
  const { name } = table;
  let done = 0;
  let last: readonly unknown[] | undefined;
  for await (const chunk of rowsOf(snapshot, table)) {
    deps.signal.throwIfAborted();
    yield chunk.map((values) => encodeRow(table, values));
    last = chunk.at(-1);
    done += chunk.length;
    deps.onProgress({ step: 'tables', name, done, unit: 'rows' });
  }
  if (last !== undefined) onLast(last);
}

/** The rows of a table in the order of its key, in chunks. */
export function rowsOf(
  snapshot: SqlSnapshot,
  { name, columns, key }: TableSchema,
): AsyncIterable<readonly (readonly unknown[])[]> {
  return snapshot.rows({ name, columns: columns.map((column) => column.name), order: key });
}

function toHead(table: TableSchema, values: readonly unknown[]): ArchiveManifest['audit'] {
  const at = (name: string): unknown => values[table.columns.findIndex((column) => column.name === name)];
  return {
    size: Number(at('size')),
    rootHash: String(at('root_hash')),
    checkpoint: String(at('checkpoint')),
  };
}

// Enough to keep a disk or an object storage busy.
const copiesAtOnce = 6;

/** Lists every blob there is now, which includes every one that the snapshot refers to, and copies what the place lacks. */
async function writeBlobs(
  deps: WriteArchiveDeps,
  archive: string,
  blobs: ArchiveSource['blobs'],
): Promise<{
  list: ArchiveManifest['blobs'];
  copied: { blobs: number; bytes: number };
  damaged: string[];
}> {
  const copied = { blobs: 0, bytes: 0 };
  const damaged: string[] = [];
  let contentBytes = 0;
  let done = 0;

  /** False for content that is no longer what its name says: the rest is worth keeping all the same. */
  async function copy(blob: StoredBlob): Promise<boolean> {
    const known = await deps.placeBlobs.stat(blob.digest);
    if (known?.size === blob.size) return true;
    try {
      await deps.placeBlobs.put(blobs.get(blob.digest), { expected: blob.digest });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'BLOB_NOT_FOUND') {
        throw esteiraError('BACKUP_INCOMPLETE', { problem: `${blob.digest} was freed meanwhile` }, error);
      }
      if (code !== 'BLOB_DAMAGED') throw error;
      damaged.push(blob.digest);
      return false;
    }
    copied.blobs++;
    copied.bytes += blob.size;
    return true;
  }

  async function* lines(): AsyncIterable<readonly string[]> {
    let batch: StoredBlob[] = [];
    async function take(): Promise<readonly string[]> {
      const taken = batch;
      batch = [];
      deps.signal.throwIfAborted();
      const whole = await Promise.all(taken.map(copy));
      const kept = taken.filter((_blob, index) => whole[index]);
      done += taken.length;
      contentBytes += kept.reduce((sum, { size }) => sum + size, 0);
      deps.onProgress({ step: 'content', done, unit: 'blobs' });
      await nextTurn();
      return kept.map(({ digest, size }) => JSON.stringify([digest, size]));
    }
    for await (const blob of blobs.list()) {
      batch.push(blob);
      if (batch.length >= copiesAtOnce) yield await take();
    }
    if (batch.length > 0) yield await take();
  }

  const name = 'blobs.ndjson.zst';
  const list = await deps.place.add(archive, name, (path) => writeLineFile({ path, name }, lines()));
  return { list: { ...list, contentBytes }, copied, damaged };
}
