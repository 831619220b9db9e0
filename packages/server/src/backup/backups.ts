import { type Backup, backupJobKind, backupsApi } from '@esteira/contracts';
import { requirePermission } from '../governance/index.ts';
import type { JobRun, Jobs } from '../jobs/index.ts';
import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { ArchiveManifest } from './archive-manifest.ts';
import type { OnProgress } from './archive-progress.ts';
import { type BackupPlace, readManifest } from './backup-place.ts';
import type { WrittenArchive } from './write-archive.ts';

export interface BackupsDeps {
  readonly sql: SqlDatabase;
  readonly jobs: Jobs;
  /** A folder, or `s3://bucket/prefix`; undefined: this server writes no archives. */
  readonly directory: string | undefined;
  /** Opens it to read. Throws ARCHIVE_NOT_FOUND while there is none. */
  readonly open: (from: string) => Promise<BackupPlace>;
  /** Cron expression. */
  readonly schedule: string;
  readonly keep: number;
  readonly workspace: string;
  /** Writes an archive to the directory and removes those beyond `keep`. */
  readonly write: (to: string, onProgress: OnProgress, signal: AbortSignal) => Promise<WrittenArchive>;
}

/** The archives that servers write themselves: once for each time of the schedule over all replicas, or when asked to. */
export function createBackups(deps: BackupsDeps): { readonly routes: readonly RouteBinding[] } {
  const { directory, jobs, keep } = deps;
  if (directory !== undefined) {
    jobs.register(backupJobKind, (run) => writeOne(deps, directory, run), { concurrency: 1 });
    scheduleBackups(deps);
  }
  return {
    routes: [
      bindRoute(backupsApi.backups, async (_request, context) => {
        requirePermission(context, 'backups:read');
        if (directory === undefined)
          return { configured: false, schedule: null, keep, items: [], unreadable: [] };
        return {
          configured: true,
          schedule: deps.schedule,
          keep,
          ...(await listBackups(await openOrNone(deps.open, directory))),
        };
      }),
      bindRoute(backupsApi.startBackup, async (_request, context) => {
        requirePermission(context, 'backups:run');
        if (directory === undefined) throw esteiraError('BACKUP_NOT_CONFIGURED');
        const jobId = await deps.sql.transaction((tx) =>
          jobs.enqueue(tx, context, { kind: backupJobKind, payload: null }),
        );
        return { jobId };
      }),
    ],
  };
}

/** Throws BAD_CONFIG for a schedule that cannot be read. */
function scheduleBackups({ jobs, schedule, workspace }: BackupsDeps): void {
  const timing = { cron: schedule };
  const job = { name: backupJobKind, kind: backupJobKind, workspace, payload: null, maxAttempts: 2 };
  try {
    jobs.schedule({ ...job, timing });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw esteiraError('BAD_CONFIG', { problem: `backupSchedule: ${problem}` }, error);
  }
}

async function writeOne(deps: BackupsDeps, directory: string, run: JobRun) {
  const onProgress: OnProgress = ({ step, name, done, unit }) => {
    // Nobody knows the whole before it is written: tables come first, and content is the greater part.
    const share = step === 'tables' ? 0.2 : 0.6;
    run.progress(share, `${name ?? 'content'}: ${done} ${unit}`);
  };
  const { manifest, copied } = await deps.write(directory, onProgress, run.signal);
  return { ...toBackup(manifest), copied };
}

/** A place that does not exist yet holds no archives. */
async function openOrNone(open: BackupsDeps['open'], directory: string): Promise<BackupPlace | undefined> {
  try {
    return await open(directory);
  } catch (error) {
    if (error instanceof EsteiraError && error.code === 'ARCHIVE_NOT_FOUND') return undefined;
    throw error;
  }
}

async function listBackups(
  place: BackupPlace | undefined,
): Promise<{ items: Backup[]; unreadable: { name: string; problem: string }[] }> {
  const items: Backup[] = [];
  const unreadable: { name: string; problem: string }[] = [];
  try {
    for (const name of ((await place?.archives()) ?? []).toReversed()) {
      try {
        if (place !== undefined) items.push(toBackup(await readManifest(place, name)));
      } catch (error) {
        unreadable.push({ name, problem: error instanceof Error ? error.message : String(error) });
      }
    }
  } finally {
    await place?.close();
  }
  return { items, unreadable };
}

function toBackup(manifest: ArchiveManifest): Backup {
  const { name, kind, snapshotAt, finishedAt, release, engine, damaged } = manifest;
  return {
    name,
    kind,
    snapshotAt,
    finishedAt,
    release,
    engine,
    rows: manifest.tables.reduce((sum, table) => sum + table.rows, 0),
    blobs: manifest.blobs.rows,
    contentBytes: manifest.blobs.contentBytes,
    damaged,
  };
}
