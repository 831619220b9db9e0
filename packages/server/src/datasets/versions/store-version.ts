import type { JsonValue } from '@esteira/contracts';
import { canonicalDigest, type NodeRef } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { StoredBlob } from '../../storage/blobs/blob-store.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Column } from '../column.ts';
import type { Dataset } from '../dataset-store.ts';
import type { DatasetsDeps } from '../datasets-deps.ts';
import {
  addSources,
  type DatasetVersion,
  findVersion,
  findVersionByIdentity,
  insertVersion,
} from './dataset-version-store.ts';
import { profileTable, type TableProfile } from './profile-table.ts';

/** A Parquet file that has been read, profiled and stored, and waits to become a version. */
export interface StoredTable {
  readonly columns: readonly Column[];
  readonly profile: TableProfile;
  readonly directory: StoredBlob;
  readonly size: number;
}

export interface VersionRequest {
  readonly dataset: Dataset;
  readonly origin: DatasetVersion['origin'];
  readonly description: string;
  readonly attributes: JsonValue;
  /** What the version was made of. */
  readonly parents: readonly {
    readonly node: NodeRef;
    readonly digest?: string;
    readonly relation: string;
  }[];
}

/** Profiles the file at a temporary path and moves it into the blob store as the one file of a directory. */
export async function storeTable(
  deps: DatasetsDeps,
  path: string,
  columns: readonly Column[],
): Promise<StoredTable> {
  const profile = await profileTable(deps.tables, path, columns);
  const { digest, size } = await deps.blobs.adopt(path);
  const entry = { name: 'rows.parquet', kind: 'file', digest, size } as const;
  return { columns, profile, size, directory: await deps.blobs.putDirectory([entry]) };
}

/**
 * Makes the version, or finds the one of the same identity; in both cases links it to its parents. Two derived versions
 * with the same rows differ when their attributes do, since those say how the rows are meant.
 */
export async function versionOf(
  deps: DatasetsDeps,
  tx: SqlTransaction,
  context: RequestContext,
  table: StoredTable,
  request: VersionRequest,
): Promise<{ version: DatasetVersion; isNew: boolean }> {
  const { workspace } = context;
  const { dataset, origin, attributes } = request;
  const { rowsDigest, rows } = table.profile;
  const identity = origin === 'derived' ? canonicalDigest({ rowsDigest, attributes }) : rowsDigest;
  const known = await findVersionByIdentity(tx, dataset.id, identity);
  const version = known ?? {
    id: deps.ids.next('dsv'),
    datasetId: dataset.id,
    number: ((await findVersion(tx, dataset.id, {}))?.number ?? 0) + 1,
    digest: table.directory.digest,
    rowsDigest,
    identity,
    rows,
    size: table.size,
    origin,
    description: request.description,
    attributes,
    columns: table.columns,
    createdAt: deps.clock.now(),
    createdBy: context.actor.id,
  };
  if (known === undefined) {
    await insertVersion(tx, workspace, version, table.profile.columns);
    await announce(deps, tx, context, dataset, version);
  }
  await addSources(
    tx,
    workspace,
    version.id,
    request.parents.map(({ node }) => node),
  );
  for (const { node, digest, relation } of request.parents) {
    if (node.id === version.id) continue;
    await deps.lineage.link(tx, context, {
      from: node,
      to: { kind: 'dataset-version', id: version.id },
      relation,
      ...(digest === undefined ? {} : { fromDigest: digest }),
      toDigest: version.digest,
    });
  }
  return { version, isNew: known === undefined };
}

async function announce(
  deps: DatasetsDeps,
  tx: SqlTransaction,
  context: RequestContext,
  dataset: Dataset,
  version: DatasetVersion,
): Promise<void> {
  const node: NodeRef = { kind: 'dataset-version', id: version.id };
  await deps.audit.record(tx, context, {
    action: 'datasets.version.created',
    subject: node,
    details: { dataset: dataset.name, number: version.number, digest: version.digest, rows: version.rows },
  });
  await deps.events.emit(tx, context, 'dataset-version.created', {
    datasetVersionId: version.id,
    dataset: dataset.name,
    version: version.number,
    digest: version.digest,
  });
  if (dataset.project !== undefined) await deps.projects.reach(tx, context, dataset.project, 'data', node);
}
