import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngestResult } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { type Column, columnOf } from '../column.ts';
import {
  type ContractChoice,
  chooseContract,
  earliest,
  judgeTable,
  recordJudgement,
} from '../contracts/validate-data.ts';
import { type Dataset, existingDataset } from '../dataset-store.ts';
import type { DatasetsDeps } from '../datasets-deps.ts';
import { chosenFiles, type LandedFile } from '../landing/landed-file-store.ts';
import { landedTable } from '../landing/read-landed-file.ts';
import { canonicalOrder, combinedSql, commonColumns, type TimeWindow, windowSql } from './combine-files.ts';
import { parquetTable } from './open-version.ts';
import { storeTable, versionOf } from './store-version.ts';

export interface IngestRequest {
  readonly dataset: string;
  /** Ids of landed files; all of the dataset unless given. */
  readonly files?: readonly string[] | undefined;
  readonly window?: TimeWindow | undefined;
  readonly contract?: ContractChoice;
  readonly deduplicate: boolean;
}

export interface IngestProgress {
  progress(share: number, message: string): void;
  readonly signal: AbortSignal;
}

/**
 * Makes a version of landed files: combined, cut to the window, put in the canonical order, judged by the contract, and
 * only then stored. Data that breaks the contract leaves a validation run and no version. Rows that are a version already
 * give that version again. Throws DATASET_NOT_FOUND, DATASET_NO_FILES, DATASET_FILE_NOT_FOUND, DATASET_SCHEMA_MISMATCH,
 * DATASET_COLUMN_UNKNOWN, DATASET_WINDOW_INVALID, DATASET_WINDOW_EMPTY, CONTRACT_NOT_FOUND, STORAGE_FULL.
 */
export async function ingest(
  deps: DatasetsDeps,
  context: RequestContext,
  request: IngestRequest,
  run: IngestProgress,
): Promise<IngestResult> {
  const { workspace } = context;
  const dataset = await existingDataset(deps.sql, workspace, request.dataset);
  const contract = await chooseContract(deps, dataset, request.contract);
  const files = await chosenFiles(deps.sql, dataset, request.files);
  if (files.length === 0) throw esteiraError('DATASET_NO_FILES', { dataset: dataset.name });
  const directory = await deps.blobs.temporaryDirectory();
  try {
    const path = join(directory, 'rows.parquet');
    run.progress(0.05, 'combining files');
    const { columns, counts } = await writeRows(deps, dataset, files, request, path);
    run.signal.throwIfAborted();

    run.progress(0.4, 'validating');
    const table = { from: parquetTable([path]), columns };
    const judgement =
      contract === undefined
        ? undefined
        : await judgeTable(deps, workspace, { dataset, table, contract, landedAt: earliest(files) });
    if (judgement?.validation.outcome === 'refused') {
      return await deps.sql.transaction(async (tx) => {
        const { id } = await recordJudgement(deps, tx, context, { dataset, judgement });
        const { failingRows } = judgement.validation;
        const news = { validationRunId: id, dataset: dataset.name, failingRows };
        await deps.events.emit(tx, context, 'dataset-version.refused', news);
        return { outcome: 'refused', isNew: false, validationRunId: id, ...counts };
      });
    }
    run.signal.throwIfAborted();

    run.progress(0.6, 'profiling');
    const stored = await storeTable(deps, path, columns);
    run.progress(0.95, 'recording');
    return await deps.sql.transaction(async (tx) => {
      const { version, isNew } = await versionOf(deps, tx, context, stored, {
        dataset,
        origin: 'ingested',
        description: '',
        attributes: { ...counts, window: windowRecord(request.window), deduplicated: request.deduplicate },
        parents: files.map((file) => ({
          node: { kind: 'source-file', id: file.id },
          digest: file.digest,
          relation: 'ingested-into',
        })),
      });
      const validation =
        judgement === undefined
          ? undefined
          : await recordJudgement(deps, tx, context, { dataset, judgement, version });
      return {
        outcome: 'created',
        isNew,
        versionId: version.id,
        ...(validation === undefined ? {} : { validationRunId: validation.id }),
        ...counts,
      };
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type Counts = Pick<IngestResult, 'rowsRead' | 'rowsOutsideWindow' | 'duplicatesRemoved'>;

async function writeRows(
  deps: DatasetsDeps,
  dataset: Dataset,
  files: readonly LandedFile[],
  request: IngestRequest,
  path: string,
): Promise<{ columns: readonly Column[]; counts: Counts }> {
  const sources = [];
  let rowsRead = 0;
  for (const file of files) {
    sources.push({ ...file, from: landedTable(await deps.blobs.localFile(file.digest), file) });
    rowsRead += file.rows;
  }
  const columns = commonColumns(sources);
  const inside = request.window === undefined ? 'true' : windowSql(request.window, columns);
  const selected = `SELECT * FROM (${combinedSql(sources, columns)}) WHERE ${inside}`;
  let kept: number | undefined;
  if (request.deduplicate) {
    const [row] = await deps.tables.query(`SELECT count(*) AS kept FROM (${selected})`);
    kept = Number(row?.kept);
  }
  const rowsSql = request.deduplicate ? `SELECT DISTINCT * FROM (${selected})` : selected;
  const written = await deps.tables.writeParquet(
    `SELECT * FROM (${rowsSql}) ORDER BY ${canonicalOrder(columns)}`,
    path,
  );
  if (written.rows === 0) throw esteiraError('DATASET_WINDOW_EMPTY', { dataset: dataset.name });
  const counts = {
    rowsRead,
    rowsOutsideWindow: rowsRead - (kept ?? written.rows),
    duplicatesRemoved: (kept ?? written.rows) - written.rows,
  };
  return { columns: await storedColumns(deps, path), counts };
}

/** Parquet has fewer types than SQL, so the columns are those that will be read. */
async function storedColumns(deps: DatasetsDeps, path: string): Promise<readonly Column[]> {
  const rows = await deps.tables.query(`DESCRIBE SELECT * FROM ${parquetTable([path])}`);
  return rows.map((row) => columnOf(String(row.column_name), String(row.column_type)));
}

function windowRecord(window: TimeWindow | undefined) {
  if (window === undefined) return null;
  return { column: window.column, from: window.from ?? null, to: window.to ?? null };
}
