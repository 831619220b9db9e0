import type { JsonValue } from '@esteira/contracts';
import type { NodeRef } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { columnOf } from '../column.ts';
import { findDataset, insertDataset } from '../dataset-store.ts';
import type { DatasetsDeps } from '../datasets-deps.ts';
import { type DatasetVersion, existingVersion } from './dataset-version-store.ts';
import { parquetTable } from './open-version.ts';
import { storeTable, versionOf } from './store-version.ts';

export interface DerivedRequest {
  /** Name of the dataset; it is made when it does not exist. */
  readonly dataset: string;
  readonly project?: string | undefined;
  /** A Parquet file in a temporary directory of the blob store; it is moved away. */
  readonly parquetPath: string;
  readonly parents: readonly NodeRef[];
  readonly description: string;
  readonly attributes: JsonValue;
}

/**
 * Registers a table that the platform made from other versions (a training set). The same rows with the same attributes
 * are the version that was there. Throws DATASET_FILE_EMPTY, DATASET_VERSION_NOT_FOUND (of a parent).
 */
export async function registerDerived(
  deps: DatasetsDeps,
  context: RequestContext,
  request: DerivedRequest,
): Promise<DatasetVersion> {
  const described = await deps.tables.query(`DESCRIBE SELECT * FROM ${parquetTable([request.parquetPath])}`);
  const columns = described.map((row) => columnOf(String(row.column_name), String(row.column_type)));
  const stored = await storeTable(deps, request.parquetPath, columns);
  if (stored.profile.rows === 0) throw esteiraError('DATASET_FILE_EMPTY', { fileName: request.dataset });
  return deps.sql.transaction(async (tx) => {
    let dataset = await findDataset(tx, context.workspace, request.dataset);
    if (dataset === undefined) {
      dataset = {
        id: deps.ids.next('ds'),
        name: request.dataset,
        project: request.project,
        description: request.description,
        contractVersion: undefined,
        createdAt: deps.clock.now(),
        createdBy: context.actor.id,
      };
      await insertDataset(tx, context.workspace, dataset);
    }
    const parents = [];
    for (const node of request.parents) {
      const known =
        node.kind === 'dataset-version' ? await existingVersion(tx, context.workspace, node.id) : undefined;
      parents.push({
        node,
        relation: 'derived-into',
        ...(known === undefined ? {} : { digest: known.digest }),
      });
    }
    const { version } = await versionOf(deps, tx, context, stored, {
      dataset,
      origin: 'derived',
      description: request.description,
      attributes: request.attributes,
      parents,
    });
    return version;
  });
}
