import type { DatasetsDeps } from '../datasets-deps.ts';
import { type OpenDataset, openVersion, parquetTable } from '../versions/open-version.ts';
import { betweenSql, type SplitPart } from './split-record.ts';
import { existingSplit, type Split } from './split-store.ts';

/** A part ready to be read: its size, its digest, and SQL for a FROM clause that selects exactly its rows, in order. */
interface OpenPart {
  readonly rows: number;
  readonly digest: string;
  readonly from: string;
}

/** A split ready to be read by the table engine. */
export interface OpenSplit {
  readonly split: Split;
  readonly version: OpenDataset['version'];
  readonly parts: { readonly train: OpenPart; readonly validation?: OpenPart; readonly test: OpenPart };
}

/** Throws SPLIT_NOT_FOUND; BLOB_NOT_FOUND when content is gone. */
export async function openSplit(
  deps: Pick<DatasetsDeps, 'sql' | 'blobs'>,
  workspace: string,
  splitId: string,
): Promise<OpenSplit> {
  const split = await existingSplit(deps.sql, workspace, splitId);
  const opened = await openVersion(deps, workspace, split.datasetVersionId);
  const time = opened.columns.find((column) => column.name === split.recipe.timeColumn);
  if (time === undefined) throw new Error(`The version of split ${split.id} lost its column of times.`);
  const open = async ({ rows, digest, drawn, from, until }: SplitPart): Promise<OpenPart> => {
    const all = `(SELECT * FROM ${opened.from} WHERE ${betweenSql(time, from, until)})`;
    const own = drawn === null ? all : parquetTable([await deps.blobs.localFile(drawn)]);
    return { rows, digest, from: own };
  };
  const { train, validation, test } = split.parts;
  return {
    split,
    version: opened.version,
    parts: {
      train: await open(train),
      ...(validation === undefined ? {} : { validation: await open(validation) }),
      test: await open(test),
    },
  };
}
