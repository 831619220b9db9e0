import type { SqlReader } from '../storage/sql/sql-database.ts';
import type { ContractVersion } from './contracts/contract-store.ts';
import type { ValidationRun } from './contracts/validation-run-store.ts';
import type { Dataset } from './dataset-store.ts';
import type { LandedFile } from './landing/landed-file-store.ts';
import type { SplitPart } from './splits/split-record.ts';
import type { Split } from './splits/split-store.ts';
import { type DatasetVersion, findVersion } from './versions/dataset-version-store.ts';

/** Shapes of the API, out of what the stores hold. */
export async function viewDataset(sql: SqlReader, dataset: Dataset) {
  const newest = await findVersion(sql, dataset.id, {});
  const { id, name, project, description, contractVersion, createdAt, createdBy } = dataset;
  return {
    id,
    name,
    ...(project === undefined ? {} : { project }),
    description,
    ...(contractVersion === undefined ? {} : { contractVersion }),
    ...(newest === undefined
      ? {}
      : { latestVersion: { id: newest.id, number: newest.number, rows: newest.rows } }),
    createdAt,
    createdBy,
  };
}

export function viewFile(file: LandedFile, dataset: string) {
  const { id, fileName, format, digest, size, rows, columns, landedAt, landedBy } = file;
  return { id, dataset, fileName, format, digest, size, rows, columns: [...columns], landedAt, landedBy };
}

export function viewContract(contract: ContractVersion, dataset: string) {
  const { id, version, digest, createdAt, createdBy } = contract;
  return { id, dataset, version, digest, createdAt, createdBy };
}

export function viewVersion(version: DatasetVersion, dataset: string) {
  const { datasetId: _, identity: __, columns, ...rest } = version;
  return { ...rest, dataset, columns: [...columns] };
}

export function viewValidation(run: ValidationRun, dataset: string) {
  const { outcome, rows, failingRows, failedChecks } = run.validation;
  return {
    id: run.id,
    dataset,
    versionId: run.versionId ?? null,
    contractVersion: run.contractVersion,
    contractDigest: run.contractDigest,
    outcome,
    rows,
    failingRows,
    failedChecks,
    at: run.createdAt,
  };
}

export function viewSplit(split: Split) {
  const { id, datasetVersionId, digest, recipe, parts, leakage, rowsWithoutTime, createdAt, createdBy } =
    split;
  const { trainFrom, testUntil, validationShare, trainRows, testRows, groupColumns, ...always } = recipe;
  return {
    id,
    datasetVersionId,
    digest,
    recipe: {
      ...always,
      ...(trainFrom === null ? {} : { trainFrom }),
      ...(testUntil === null ? {} : { testUntil }),
      ...(validationShare === null ? {} : { validationShare }),
      ...(trainRows === null ? {} : { trainRows }),
      ...(testRows === null ? {} : { testRows }),
      groupColumns: [...groupColumns],
    },
    parts: {
      train: viewPart(parts.train),
      ...(parts.validation === undefined ? {} : { validation: viewPart(parts.validation) }),
      test: viewPart(parts.test),
    },
    leakage,
    rowsWithoutTime,
    createdAt,
    createdBy,
  };
}

function viewPart({ rows, digest, firstTime, lastTime }: SplitPart) {
  return { rows, digest, firstTime, lastTime };
}
