import { type AuditLog, systemActor } from '../governance/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import { type Migration, migrate } from '../storage/sql/migrator.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { SqlSnapshot } from '../storage/sql/sql-snapshot.ts';
import type { ArchiveManifest } from './archive-manifest.ts';
import { valueLimits } from './canonical-row.ts';
import {
  checkArchive,
  type LoadDeps,
  loadBlobs,
  loadTables,
  verifyBlobs,
  verifyTables,
} from './load-archive.ts';
import { placeLocalFiles } from './local-files.ts';
import { beginRestore, endRestore, findRestore } from './restore-progress.ts';
import { settleIn } from './settle-in.ts';
import { describeTables, type TableSchema } from './table-schema.ts';
import { digestOfSchema } from './write-archive.ts';

/** Engines and folder that an archive is restored into. Nobody else uses them. */
export interface RestoreTarget {
  /** What it is called to people: a folder, or a database. */
  readonly name: string;
  /** `sqlite` or `postgres`. */
  readonly engine: string;
  readonly dataDirectory: string;
  readonly database: SqlDatabase;
  readonly openSnapshot: () => Promise<SqlSnapshot>;
  readonly blobs: BlobStore;
  readonly audit: Pick<AuditLog, 'record' | 'verify'>;
}

export interface RestoreDeps extends LoadDeps {
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly migrations: readonly Migration[];
}

export interface RestoreOptions {
  /**
   * `backup`: the installation goes back in time, so sessions and links are not taken over, and the audit log says so.
   * `house`: the installation goes on elsewhere as it was.
   */
  readonly as: ArchiveManifest['kind'];
  /** Also reads everything back and compares it. */
  readonly verify: boolean;
}

export interface RestoreOutcome {
  /** An earlier attempt was cut short, and this one went on where it stopped. */
  readonly resumed: boolean;
  readonly verified: boolean;
  /** The audit log: rows, and heads whose signatures hold. */
  readonly audit: { readonly size: number; readonly signedHeads: number; readonly unsealed: number };
}

/**
 * Fills an empty place with what is in an archive, and brings it to the schema of this release. Until all of it is there no
 * server starts on it; when it is cut short, the same call goes on. Throws ARCHIVE_TOO_NEW, ARCHIVE_DAMAGED,
 * RESTORE_TARGET_NOT_EMPTY, RESTORE_DIFFERS, VALUE_NOT_PORTABLE, STORAGE_FULL, AUDIT_LOG_BROKEN.
 */
export async function restoreArchive(
  deps: RestoreDeps,
  target: RestoreTarget,
  options: RestoreOptions,
): Promise<RestoreOutcome> {
  const { manifest } = deps;
  const { database } = target;
  const archived = migrationsOf(manifest, deps.migrations);
  const tables = await describeTables(archived, deps.clock);
  requireSameSchema(manifest, tables);
  const resumed = await isUnderWay(target, manifest);
  await checkArchive(deps);
  if (!resumed) {
    await migrate(database, archived, deps.clock);
    await beginRestore(database, manifest.name, deps.clock.now());
  }
  const limits = limitsOf(target.engine);
  await loadBlobs(deps, target.blobs);
  const spools = await placeLocalFiles(target.dataDirectory, manifest.files, deps.placeBlobs);
  await loadTables(deps, tables, database, limits);
  if (options.verify) {
    await verifyBlobs(deps, target.blobs);
    const snapshot = await target.openSnapshot();
    try {
      await verifyTables(deps, tables, snapshot, limits);
    } finally {
      await snapshot.close();
    }
  }
  const audit = await verifyAudit(target, manifest);
  await database.transaction(async (tx) => {
    await settleIn(tx, { tables, spools, forgetSessions: options.as === 'backup' });
    if (options.as === 'backup') {
      const context = { workspace: 'default', actor: systemActor, requestId: deps.ids.next('req') };
      await target.audit.record(tx, context, {
        action: 'installation.restored',
        subject: { kind: 'archive', id: manifest.name },
        details: { digest: manifest.digest, snapshotAt: manifest.snapshotAt },
      });
    }
    await endRestore(tx);
  });
  await migrate(database, deps.migrations, deps.clock);
  return { resumed, verified: options.verify, audit };
}

/** Throws ARCHIVE_TOO_NEW for a migration that this release does not know. */
function migrationsOf(manifest: ArchiveManifest, known: readonly Migration[]): readonly Migration[] {
  const byName = new Map(known.map((migration) => [migration.name, migration]));
  return manifest.migrations.map((name) => {
    const migration = byName.get(name);
    if (migration !== undefined) return migration;
    throw esteiraError('ARCHIVE_TOO_NEW', { problem: `it has the migration ${name}` });
  });
}

function requireSameSchema(manifest: ArchiveManifest, tables: readonly TableSchema[]): void {
  if (digestOfSchema(tables) === manifest.schemaDigest) return;
  const problem = `its release, ${manifest.release}, made other tables by migrations of the same names`;
  throw esteiraError('ARCHIVE_TOO_NEW', { problem });
}

function limitsOf(engine: string) {
  const limits = valueLimits[engine];
  if (limits === undefined) throw new Error(`It is not known what the engine ${engine} can hold.`);
  return limits;
}

/** True when this very restore was begun before, false when the place is empty. */
async function isUnderWay(target: RestoreTarget, manifest: ArchiveManifest): Promise<boolean> {
  const { database } = target;
  const found = await database.query<Record<string, Record<string, unknown>>>().introspection.getTables();
  const names = found.map(({ name }) => name);
  const refuse = (problem: string): Error =>
    esteiraError('RESTORE_TARGET_NOT_EMPTY', { place: target.name, problem });
  const begun = names.includes('migrations') ? await findRestore(database) : undefined;
  if (begun === manifest.name) return true;
  if (begun !== undefined) throw refuse(`the archive ${begun} is half restored there`);
  for (const name of names.filter((candidate) => candidate !== 'migrations')) {
    const rows = await database
      .query<Record<string, Record<string, unknown>>>()
      .selectFrom(name)
      .selectAll()
      .limit(1)
      .execute();
    if (rows.length > 0) throw refuse(`the table ${name} has rows`);
  }
  for await (const { digest } of target.blobs.list()) throw refuse(`its blob store holds ${digest}`);
  return false;
}

async function verifyAudit(
  target: RestoreTarget,
  manifest: ArchiveManifest,
): Promise<RestoreOutcome['audit']> {
  const head = manifest.audit;
  const anchor = head === null ? undefined : { size: head.size, rootHash: head.rootHash };
  const { ok, size, signedHeads, unsealed, problems } = await target.audit.verify(anchor);
  if (!ok) throw esteiraError('AUDIT_LOG_BROKEN', { problem: problems[0]?.problem ?? 'it does not verify' });
  return { size, signedHeads, unsealed };
}
