import type { AuditLog, Lineage } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import { freezeFiles, type KeptFile } from './freeze-files.ts';
import { findModelHead, nextVersionNumber } from './model-store.ts';
import { type LabelledVersion, putVersionTag } from './version-label-store.ts';
import { type Folder, findVersion, insertKeptVersion, type StoredVersion } from './version-store.ts';

/** Where versions get their files from. */
export interface VersionSources {
  /** Files below a folder, by their paths there, or the one file that its path is; none of an owner that the workspace does not have. */
  readonly filesBelow: (workspace: string, folder: Folder) => Promise<readonly KeptFile[]>;
  /** Whether the workspace has a run. */
  readonly hasRun: (workspace: string, id: string) => Promise<boolean>;
}

export interface KeepingDeps extends VersionSources {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: AuditLog;
  readonly events: EventBus;
  readonly lineage: Pick<Lineage, 'link'>;
}

/** Asks for a version of files as they are. */
export interface KeepRequest {
  readonly model: string;
  /** What it is registered from, as whoever asks calls it. */
  readonly source: string;
  /** The address under which the source's files are found, while they stay what they are. */
  readonly location: string;
  /** Where the files are; the files of another version; or undefined when there are none. */
  readonly files: Folder | { readonly model: string; readonly version: number } | undefined;
  readonly runId: string | null;
  readonly runLink: string;
  readonly loggedModelId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly description: string;
}

/** What is frozen, and where it came from. */
type Frozen = Pick<StoredVersion, 'digest' | 'bytes' | 'artifacts' | 'folder' | 'location'>;

/**
 * Freezes the files of a run, a logged model or another version as the next version of a model: later writes do not reach
 * it, and deleting where they came from does not either. Throws MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND.
 */
export async function registerKept(
  deps: KeepingDeps,
  context: RequestContext,
  request: KeepRequest,
): Promise<LabelledVersion> {
  const { workspace } = context;
  if ((await findModelHead(deps.sql, workspace, request.model)) === undefined)
    throw esteiraError('MODEL_NOT_FOUND', { name: request.model });
  const frozen = await freeze(deps, workspace, request);
  const ofRun = request.runId !== null && (await deps.hasRun(workspace, request.runId));
  return await deps.sql.transaction(async (tx) => {
    const model = await findModelHead(tx, workspace, request.model);
    if (model === undefined) throw esteiraError('MODEL_NOT_FOUND', { name: request.model });
    const at = deps.clock.now();
    const version: StoredVersion = {
      ...frozen,
      id: deps.ids.next('mv'),
      model: model.name,
      version: await nextVersionNumber(tx, workspace, model.name, at),
      project: model.project,
      stage: 'none',
      source: request.source,
      runId: request.runId,
      runLink: request.runLink,
      loggedModelId: request.loggedModelId,
      description: request.description,
      createdBy: context.actor.id,
      createdAt: at,
      updatedAt: at,
      checked: undefined,
    };
    await insertKeptVersion(tx, workspace, version);
    for (const [name, value] of Object.entries(request.tags))
      await putVersionTag(tx, workspace, { model: model.name, version: version.version, name, value });
    await recordRegistered(deps, tx, context, version, ofRun);
    await deps.events.emit(tx, context, 'registry.version.created', {
      modelVersionId: version.id,
      model: model.name,
      kind: model.kind,
      version: version.version,
      source: version.source,
      runId: version.runId,
      tags: { ...request.tags },
      description: version.description,
    });
    return { ...version, inspected: undefined, aliases: [], tags: { ...request.tags } };
  });
}

/** Stores what stands for the files as they are now. Throws MODEL_VERSION_NOT_FOUND. */
export async function freeze(
  deps: KeepingDeps,
  workspace: string,
  request: Pick<KeepRequest, 'files' | 'location'>,
): Promise<Frozen> {
  const { files, location } = request;
  if (files === undefined) return { digest: null, bytes: 0, artifacts: [], folder: null, location };
  if (!('kind' in files)) {
    const copied = await findVersion(deps.sql, workspace, files.model, files.version);
    if (copied === undefined)
      throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: `${files.model} version ${files.version}` });
    const { digest, bytes, artifacts, folder } = copied;
    return { digest, bytes, artifacts, folder, location: copied.location };
  }
  const kept = await deps.filesBelow(workspace, files);
  const { digest } = await freezeFiles(deps.blobs, kept);
  return {
    digest,
    bytes: kept.reduce((sum, { size }) => sum + size, 0),
    artifacts: kept.map(({ path, digest: content, size }) => ({ path, digest: content, size })),
    folder: files,
    location,
  };
}

/** Links a version to its run and notes it in the audit log. */
export async function recordRegistered(
  deps: KeepingDeps,
  tx: SqlTransaction,
  context: RequestContext,
  version: StoredVersion,
  ofRun: boolean,
): Promise<void> {
  const node = { kind: 'model-version' as const, id: version.id };
  if (ofRun && version.runId !== null) {
    await deps.lineage.link(tx, context, {
      from: { kind: 'run', id: version.runId },
      to: node,
      relation: 'registered-from',
      ...(version.digest === null ? {} : { toDigest: version.digest }),
    });
  }
  await deps.audit.record(tx, context, {
    action: 'registry.version.registered',
    subject: node,
    details: {
      model: version.model,
      version: version.version,
      digest: version.digest,
      source: version.source,
    },
  });
}
