import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { esteiraError } from '../kernel/errors.ts';
import type { BlobStore, StoredBlob } from '../storage/blobs/blob-store.ts';
import type { RowColumns } from '../storage/sql/row-source.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { SqlSnapshot } from '../storage/sql/sql-snapshot.ts';
import { asArchiveDamage } from './archive-damage.ts';
import type { ArchivedTable, ArchiveManifest } from './archive-manifest.ts';
import type { OnProgress } from './archive-progress.ts';
import type { BackupPlace } from './backup-place.ts';
import { type ColumnValue, decodeRow, encodeRow, fitRow, type ValueLimits } from './canonical-row.ts';
import { type LineFile, readLineFile } from './line-file.ts';
import { noteRowsWritten, rowsWritten } from './restore-progress.ts';
import type { ColumnSchema, TableSchema } from './table-schema.ts';
import { rowsOf } from './write-archive.ts';

export interface LoadDeps {
  readonly place: BackupPlace;
  readonly placeBlobs: Pick<BlobStore, 'get' | 'stat'>;
  readonly manifest: ArchiveManifest;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** Reads the file of every table and the list of blobs, before anything is written. Throws ARCHIVE_DAMAGED, which names the file. */
export async function checkArchive(deps: LoadDeps): Promise<void> {
  const { tables, blobs } = deps.manifest;
  let done = 0;
  for (const file of [...tables, blobs]) {
    for await (const _lines of linesIn(deps, file)) deps.signal.throwIfAborted();
    done++;
    deps.onProgress({ step: 'check', done, total: tables.length + 1, unit: 'tables' });
  }
}

// What one copy costs is mostly waiting: for a disk to have it, or for an object storage.
const copiesAtOnce = 6;

/** Copies the blobs that the target does not have yet. Throws ARCHIVE_DAMAGED, which names the blob, and STORAGE_FULL. */
export async function loadBlobs(deps: LoadDeps, target: BlobStore): Promise<void> {
  await eachBlob(deps, 'content', async ({ digest, size }) => {
    if ((await target.stat(digest))?.size === size) return;
    try {
      await target.put(deps.placeBlobs.get(digest), { expected: digest });
    } catch (error) {
      throw asArchiveDamage(digest, error);
    }
  });
}

/** Reads every blob of the target back. Throws RESTORE_DIFFERS. */
export async function verifyBlobs(deps: LoadDeps, target: Pick<BlobStore, 'get'>): Promise<void> {
  await eachBlob(deps, 'verify', async ({ digest, size }) => {
    let read = 0;
    try {
      for await (const part of target.get(digest)) read += part.length;
    } catch (error) {
      throw esteiraError('RESTORE_DIFFERS', { problem: `the content ${digest} cannot be read back` }, error);
    }
    if (read !== size)
      throw esteiraError('RESTORE_DIFFERS', { problem: `the content ${digest} has ${read} bytes` });
  });
}

/** Reads every blob of the archive, and its files. Throws ARCHIVE_DAMAGED. */
export async function checkBlobs(deps: LoadDeps): Promise<void> {
  const check = async ({ digest }: { readonly digest: string }): Promise<void> => {
    try {
      for await (const _part of deps.placeBlobs.get(digest)) deps.signal.throwIfAborted();
    } catch (error) {
      throw asArchiveDamage(digest, error);
    }
  };
  await eachBlob(deps, 'check', check);
  for (const file of deps.manifest.files) await check(file);
}

async function eachBlob(
  deps: LoadDeps,
  step: 'content' | 'verify' | 'check',
  work: (blob: StoredBlob) => Promise<void>,
): Promise<void> {
  const { blobs } = deps.manifest;
  let done = 0;
  for await (const lines of linesIn(deps, blobs)) {
    for (let start = 0; start < lines.length; start += copiesAtOnce) {
      deps.signal.throwIfAborted();
      const some = lines.slice(start, start + copiesAtOnce);
      await Promise.all(some.map((line) => work(toBlob(line))));
      done += some.length;
      deps.onProgress({ step, done, total: blobs.rows, unit: 'blobs' });
    }
  }
}

function toBlob(line: string): StoredBlob {
  const [digest, size] = JSON.parse(line) as [string, number];
  return { digest, size };
}

// One commit for so many rows: a restore that is cut short does at most these again.
const rowsPerCommit = 5000;

/** Writes the rows that are missing yet. Throws ARCHIVE_DAMAGED, VALUE_NOT_PORTABLE, STORAGE_FULL. */
export async function loadTables(
  deps: LoadDeps,
  tables: readonly TableSchema[],
  target: SqlDatabase,
  limits: ValueLimits,
): Promise<void> {
  const written = await rowsWritten(target);
  for (const archived of deps.manifest.tables) {
    const table = schemaOf(tables, archived);
    const before = written.get(archived.name) ?? 0;
    if (before < archived.rows) await loadTable(deps, { table, archived, before }, target, limits);
  }
}

async function loadTable(
  deps: LoadDeps,
  from: { readonly table: TableSchema; readonly archived: ArchivedTable; readonly before: number },
  target: SqlDatabase,
  limits: ValueLimits,
): Promise<void> {
  const { table, archived, before } = from;
  const types: RowColumns = Object.fromEntries(
    table.columns.map(({ name, type }) => [name, engineTypes[type]] as const),
  );
  const names = table.columns.map(({ name }) => name);
  let read = 0;
  let written = before;
  let pending: ColumnValue[][] = [];

  async function commit(): Promise<void> {
    const rows = pending;
    const total = written + rows.length;
    await target.transaction(async (tx) => {
      await tx.forEachRow(
        types,
        rows,
        (source) => sql`
          insert into ${sql.table(table.name)} (${sql.join(names.map((name) => sql.ref(name)))})
          select ${sql.join(names.map((name) => source.value(name)))} ${source.from} where true`,
      );
      await noteRowsWritten(tx, table.name, total);
    });
    written = total;
    pending = [];
    deps.onProgress({ step: 'tables', name: table.name, done: written, total: archived.rows, unit: 'rows' });
  }

  for await (const lines of linesIn(deps, archived)) {
    deps.signal.throwIfAborted();
    for (const line of lines) {
      read++;
      if (read > before) pending.push(fitRow(table, rowOf(table, archived, line), limits));
    }
    if (pending.length >= rowsPerCommit) await commit();
  }
  if (pending.length > 0) await commit();
}

const engineTypes: Readonly<Record<ColumnSchema['type'], RowColumns[string]>> = {
  text: 'text',
  integer: 'bigint',
  double: 'double precision',
};

/** Reads the tables back and compares them, row for row by their digest. Throws RESTORE_DIFFERS. */
export async function verifyTables(
  deps: LoadDeps,
  tables: readonly TableSchema[],
  snapshot: SqlSnapshot,
  limits: ValueLimits,
): Promise<void> {
  let done = 0;
  for (const archived of deps.manifest.tables) {
    const table = schemaOf(tables, archived);
    const found = await digestOfTable(deps, table, snapshot);
    if (found.rows !== archived.rows) {
      const problem = `the table ${table.name} has ${found.rows} rows instead of ${archived.rows}`;
      throw esteiraError('RESTORE_DIFFERS', { problem });
    }
    // Only where they differ is it worth asking what the engine may have made of the rows.
    const same = found.digest === archived.digest;
    if (!same && found.digest !== (await digestAsFitted(deps, table, archived, limits))) {
      throw esteiraError('RESTORE_DIFFERS', {
        problem: `the rows of the table ${table.name} are not the same`,
      });
    }
    done++;
    const total = deps.manifest.tables.length;
    deps.onProgress({ step: 'verify', name: table.name, done, total, unit: 'tables' });
  }
}

async function digestOfTable(
  deps: LoadDeps,
  table: TableSchema,
  snapshot: SqlSnapshot,
): Promise<{ rows: number; digest: string }> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const chunk of rowsOf(snapshot, table)) {
    deps.signal.throwIfAborted();
    rows += chunk.length;
    hash.update(`${chunk.map((values) => encodeRow(table, values)).join('\n')}\n`);
  }
  return { rows, digest: `sha256:${hash.digest('hex')}` };
}

/** The digest that the rows have once the engine has taken them: where it holds every value, that of the archive. */
async function digestAsFitted(
  deps: LoadDeps,
  table: TableSchema,
  archived: ArchivedTable,
  limits: ValueLimits,
): Promise<string> {
  if (limits.exactDoubles || table.columns.every(({ type }) => type !== 'double')) return archived.digest;
  const hash = createHash('sha256');
  for await (const lines of linesIn(deps, archived)) {
    deps.signal.throwIfAborted();
    const fitted = lines.map((line) => encodeRow(table, fitRow(table, rowOf(table, archived, line), limits)));
    hash.update(`${fitted.join('\n')}\n`);
  }
  return `sha256:${hash.digest('hex')}`;
}

function rowOf(table: TableSchema, archived: ArchivedTable, line: string): ColumnValue[] {
  const values = decodeRow(table, line);
  if (values !== undefined) return values;
  throw esteiraError('ARCHIVE_DAMAGED', {
    file: archived.file.path,
    problem: 'a line is no row of the table',
  });
}

function schemaOf(tables: readonly TableSchema[], { name }: ArchivedTable): TableSchema {
  const table = tables.find((candidate) => candidate.name === name);
  if (table !== undefined) return table;
  throw esteiraError('ARCHIVE_DAMAGED', {
    file: 'manifest.json',
    problem: `no migration makes the table ${name}`,
  });
}

function linesIn({ place, manifest }: LoadDeps, file: LineFile): AsyncIterable<readonly string[]> {
  return readLineFile(() => place.read(manifest.name, file.file.path), file);
}
