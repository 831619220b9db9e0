import { quoteLiteral } from '../../storage/tables/table-engine.ts';
import type { Column } from '../column.ts';
import { datasetById } from '../dataset-store.ts';
import type { DatasetsDeps } from '../datasets-deps.ts';
import { type DatasetVersion, existingVersion } from './dataset-version-store.ts';

/** A version ready to be read by the table engine. */
export interface OpenDataset {
  /** Name of the dataset. */
  readonly dataset: string;
  readonly version: DatasetVersion;
  /** Local Parquet files, read-only. */
  readonly files: readonly string[];
  /** SQL for a FROM clause. */
  readonly from: string;
  readonly columns: readonly Column[];
}

/** Throws DATASET_VERSION_NOT_FOUND; BLOB_NOT_FOUND when its content is gone. */
export async function openVersion(
  deps: Pick<DatasetsDeps, 'sql' | 'blobs'>,
  workspace: string,
  versionId: string,
): Promise<OpenDataset> {
  const version = await existingVersion(deps.sql, workspace, versionId);
  const dataset = await datasetById(deps.sql, workspace, version.datasetId);
  const files: string[] = [];
  for (const entry of await deps.blobs.getDirectory(version.digest)) {
    files.push(await deps.blobs.localFile(entry.digest));
  }
  return { dataset: dataset.name, version, files, from: parquetTable(files), columns: version.columns };
}

/** SQL of Parquet files for a FROM clause. */
export function parquetTable(files: readonly string[]): string {
  return `read_parquet([${files.map(quoteLiteral).join(', ')}])`;
}
