import { type AuditLog, assertNotHeld } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { BlobStore, ByteRange, StoredBlob } from '../../storage/blobs/blob-store.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Artifact, ArtifactOwner, ArtifactPlace, FolderEntry, KnownOwner } from './artifact.ts';
import { type ArtifactOwners, createArtifactOwners } from './artifact-owners.ts';
import { checkArtifactPath } from './artifact-path.ts';
import { findPlace } from './artifact-place.ts';
import {
  deleteArtifacts,
  findArtifact,
  findInTheWay,
  listFolder,
  putArtifactEntry,
} from './artifact-store.ts';
import { type ArtifactUploads, createArtifactUploads } from './artifact-uploads.ts';

/**
 * Files of runs, logged models, traces, experiments and the workspace. Every method throws ARTIFACT_PATH_INVALID for a path
 * that could lead elsewhere, and RUN_NOT_FOUND, EXPERIMENT_NOT_FOUND or ARTIFACT_OWNER_NOT_FOUND.
 */
export interface Artifacts {
  readonly owners: Pick<ArtifactOwners, 'register' | 'knows' | 'existing'>;
  findOwner(workspace: string, owner: ArtifactOwner): Promise<KnownOwner | undefined>;
  /**
   * Where a path from the root of all locations leads, which has been checked and split: `0/<run>/artifacts/a.txt`. Undefined
   * when it is that of a run, model, trace or experiment that is not there.
   */
  findPlace(workspace: string, parts: readonly string[]): Promise<ArtifactPlace | undefined>;
  /**
   * Streams a file into the blob store and keeps it, in place of an earlier one at the path. Throws RUN_DELETED,
   * EXPERIMENT_DELETED, ARTIFACT_IN_THE_WAY, LEGAL_HOLD.
   */
  put(
    context: RequestContext,
    owner: ArtifactOwner,
    path: string,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<Artifact>;
  find(workspace: string, owner: ArtifactOwner, path: string): Promise<Artifact | undefined>;
  /** Its bytes, or those from `start` up to, but without, `end`. Throws what `get` of the blob store does. */
  read(file: Pick<Artifact, 'digest'>, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** An address that gives the bytes to whoever knows it, for `seconds`; undefined where they must pass through this process. */
  presign(artifact: Artifact, seconds: number): Promise<string | undefined>;
  /** What the folder shows ('' is the root), by path; nothing when there is no such folder. */
  list(workspace: string, owner: ArtifactOwner, folder: string): Promise<readonly FolderEntry[]>;
  /** Deletes the file, or the folder with all below it, or everything with ''. Returns how many. Throws LEGAL_HOLD. */
  remove(context: RequestContext, owner: ArtifactOwner, path: string): Promise<number>;
  readonly uploads: ArtifactUploads;
}

export interface ArtifactDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

/** Few enough that other requests get their turn in between. */
const entriesPerPage = 500;

export function createArtifacts(deps: ArtifactDeps): Artifacts {
  const { sql, blobs, clock } = deps;
  const owners = createArtifactOwners();

  async function keep(
    tx: SqlTransaction,
    context: RequestContext,
    owner: ArtifactOwner,
    path: string,
    { digest, size }: StoredBlob,
  ): Promise<Artifact> {
    const { workspace } = context;
    const known = await owners.writable(tx, workspace, owner);
    const before = await findArtifact(tx, workspace, owner, path);
    if (before !== undefined && before.digest !== digest) await assertFree(tx, workspace, known);
    if (before === undefined) {
      const inTheWay = await findInTheWay(tx, workspace, owner, path);
      if (inTheWay !== undefined) throw esteiraError('ARTIFACT_IN_THE_WAY', { path, other: inTheWay });
    }
    const artifact = { path, digest, size, createdAt: clock.now() };
    await putArtifactEntry(tx, workspace, owner, artifact);
    return artifact;
  }

  return {
    owners,
    uploads: createArtifactUploads({ ...deps, owners, keep }),
    findOwner: (workspace, owner) => owners.find(sql, workspace, owner),
    findPlace: (workspace, parts) => findPlace(sql, owners, workspace, parts),
    read: ({ digest }, range) => blobs.get(digest, range),
    presign: ({ digest, path }, seconds) =>
      blobs.presignDownload(digest, { seconds, fileName: path.split('/').at(-1) ?? path }),

    async put(context, owner, path, bytes) {
      checkArtifactPath(path);
      await owners.writable(sql, context.workspace, owner);
      const blob = await blobs.put(bytes);
      return await sql.transaction((tx) => keep(tx, context, owner, path, blob));
    },

    find: (workspace, owner, path) => findArtifact(sql, workspace, owner, checkArtifactPath(path)),

    async list(workspace, owner, folder) {
      if (folder !== '') checkArtifactPath(folder);
      const entries: FolderEntry[] = [];
      let from: string | undefined;
      do {
        const page = await listFolder(sql, workspace, owner, folder, { from, limit: entriesPerPage });
        for (const entry of page.entries) entries.push(entry);
        from = page.next;
      } while (from !== undefined);
      return entries.sort((one, other) => (one.path < other.path ? -1 : 1));
    },

    remove(context, owner, path) {
      if (path !== '') checkArtifactPath(path);
      const { workspace } = context;
      return sql.transaction(async (tx) => {
        const known = await owners.existing(tx, workspace, owner);
        await assertFree(tx, workspace, known);
        const count = await deleteArtifacts(tx, workspace, owner, path);
        if (count === 0) return 0;
        await deps.audit.record(tx, context, {
          action: 'tracking.artifacts.deleted',
          subject: { kind: owner.kind, id: owner.id },
          details: { path, count },
        });
        return count;
      });
    },
  };
}

/** Throws LEGAL_HOLD when a hold covers the owner, or something that came of it. */
async function assertFree(reader: SqlReader, workspace: string, { heldAs }: KnownOwner): Promise<void> {
  const [thing, ...within] = heldAs;
  if (thing !== undefined) await assertNotHeld(reader, workspace, thing, within);
}
