import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { BlobStore, StoredBlob } from '../../storage/blobs/blob-store.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Artifact, ArtifactOwner } from './artifact.ts';
import type { ArtifactOwners } from './artifact-owners.ts';
import { checkArtifactPath } from './artifact-path.ts';
import {
  type ArtifactUpload,
  deleteUploads,
  findUpload,
  insertUpload,
  listUploadedParts,
  markCompleted,
  putUploadedPart,
  type UploadedPart,
  uploadsBefore,
} from './artifact-upload-store.ts';

/**
 * Files that arrive in parts, in any order and side by side. A part is content like any other until the file is whole; then
 * the file is stored once more as one, and its parts are free.
 */
export interface ArtifactUploads {
  /** `parts` is their number, 1–10,000. Throws what `put` of a file throws before the first byte, ARTIFACT_UPLOAD_INVALID. */
  begin(context: RequestContext, owner: ArtifactOwner, path: string, parts: number): Promise<ArtifactUpload>;
  /** Stores a part, in place of an earlier one with its number. Throws ARTIFACT_UPLOAD_NOT_FOUND, ARTIFACT_UPLOAD_INVALID. */
  putPart(
    context: RequestContext,
    uploadId: string,
    number: number,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<StoredBlob>;
  /**
   * Keeps the file that the parts make in the order of their numbers; again, it changes nothing. `expected` are the digests
   * that the caller was told. Throws ARTIFACT_UPLOAD_NOT_FOUND, ARTIFACT_UPLOAD_INVALID, and what `put` of a file throws.
   */
  complete(context: RequestContext, upload: NamedUpload, expected: readonly ExpectedPart[]): Promise<void>;
  /** Forgets the upload; one that is not there is forgotten already. */
  abort(context: RequestContext, upload: NamedUpload): Promise<void>;
  /** Forgets uploads of all workspaces that were begun more than a day before `now`. */
  sweep(now: number, signal: AbortSignal): Promise<void>;
}

/** An upload together with what it was begun for: an id alone says nothing about where its file goes. */
interface NamedUpload {
  readonly id: string;
  readonly owner: ArtifactOwner;
  readonly path: string;
}

interface ExpectedPart {
  readonly number: number;
  readonly digest: string;
}

const mostParts = 10_000;
const keptMs = 86_400_000;
const sweptAtOnce = 200;

export function createArtifactUploads(deps: {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly owners: ArtifactOwners;
  readonly keep: (
    tx: SqlTransaction,
    context: RequestContext,
    owner: ArtifactOwner,
    path: string,
    blob: StoredBlob,
  ) => Promise<Artifact>;
}): ArtifactUploads {
  const { sql, blobs, clock } = deps;

  async function existing({ workspace }: RequestContext, id: string): Promise<ArtifactUpload> {
    const upload = await findUpload(sql, workspace, id);
    if (upload === undefined) throw esteiraError('ARTIFACT_UPLOAD_NOT_FOUND', { id });
    return upload;
  }

  async function* joined(parts: readonly UploadedPart[]): AsyncIterable<Uint8Array> {
    for (const { digest } of parts) yield* blobs.get(digest);
  }

  return {
    async begin(context, owner, path, parts) {
      checkArtifactPath(path);
      const id = deps.ids.next('upl');
      if (!Number.isInteger(parts) || parts < 1 || parts > mostParts)
        throw invalid(id, `it has ${parts} parts; 1 to ${mostParts} are possible`);
      const upload: ArtifactUpload = { id, owner, path, parts, createdAt: clock.now() };
      await sql.transaction(async (tx) => {
        await deps.owners.writable(tx, context.workspace, owner);
        await insertUpload(tx, context.workspace, upload);
      });
      return upload;
    },

    async putPart(context, id, number, bytes) {
      const upload = await existing(context, id);
      if (upload.completedAt !== undefined) throw invalid(id, 'it is complete');
      if (!Number.isInteger(number) || number < 1 || number > upload.parts)
        throw invalid(id, `it has no part ${number}`);
      const blob = await blobs.put(bytes);
      await sql.transaction(async (tx) => {
        const found = await findUpload(tx, context.workspace, id);
        if (found === undefined) throw esteiraError('ARTIFACT_UPLOAD_NOT_FOUND', { id });
        if (found.completedAt === undefined) await putUploadedPart(tx, id, { ...blob, number });
      });
      return blob;
    },

    async complete(context, named, expected) {
      const upload = assertNamed(await existing(context, named.id), named);
      if (upload.completedAt !== undefined) return;
      await deps.owners.writable(sql, context.workspace, upload.owner);
      const parts = await listUploadedParts(sql, upload.id);
      assertWhole(upload, parts, expected);
      const [only] = parts;
      const blob = parts.length === 1 && only !== undefined ? only : await blobs.put(joined(parts));
      await sql.transaction(async (tx) => {
        await deps.keep(tx, context, upload.owner, upload.path, blob);
        await markCompleted(tx, upload.id, clock.now());
      });
    },

    async abort(context, named) {
      await sql.transaction(async (tx) => {
        const upload = await findUpload(tx, context.workspace, named.id);
        if (upload === undefined) return;
        assertNamed(upload, named);
        await deleteUploads(tx, [upload.id]);
      });
    },

    async sweep(now, signal) {
      for (;;) {
        signal.throwIfAborted();
        const ids = await uploadsBefore(sql, now - keptMs, sweptAtOnce);
        await sql.transaction((tx) => deleteUploads(tx, ids));
        if (ids.length < sweptAtOnce) return;
      }
    },
  };
}

function assertNamed(upload: ArtifactUpload, { owner, path }: NamedUpload): ArtifactUpload {
  if (upload.path === path && upload.owner.kind === owner.kind && upload.owner.id === owner.id) return upload;
  throw esteiraError('ARTIFACT_UPLOAD_NOT_FOUND', { id: upload.id });
}

/** All parts that were announced, with the content that the caller was told. */
function assertWhole(
  upload: ArtifactUpload,
  parts: readonly UploadedPart[],
  expected: readonly ExpectedPart[],
): void {
  if (parts.length !== upload.parts)
    throw invalid(upload.id, `${parts.length} of its ${upload.parts} parts have arrived`);
  const digests = new Map(parts.map(({ number, digest }) => [number, digest]));
  for (const { number, digest } of expected) {
    if (digests.get(number) !== digest)
      throw invalid(upload.id, `part ${number} is another than the one named`);
  }
  if (new Set(expected.map(({ number }) => number)).size !== upload.parts)
    throw invalid(upload.id, `${expected.length} of its ${upload.parts} parts were named`);
}

function invalid(id: string, problem: string) {
  return esteiraError('ARTIFACT_UPLOAD_INVALID', { id, problem });
}
