import { esteiraError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pagesById } from '../../kernel/paging.ts';
import { newestFirst } from '../../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Validation } from './validate-table.ts';

/** One validation of data against one contract version. A refused ingestion has a run and no version. */
export interface ValidationRun {
  readonly id: string;
  readonly datasetId: string;
  readonly versionId: string | undefined;
  readonly contractId: string;
  readonly contractVersion: number;
  readonly contractDigest: string;
  /** Of the validation's findings. */
  readonly digest: string;
  readonly validation: Validation;
  /** Newest of the contract versions since the data landed that were stricter and would have refused it. */
  readonly loosenedFrom: number | undefined;
  readonly createdAt: number;
  readonly createdBy: string;
}

interface ValidationRunRow {
  id: string;
  workspace: string;
  dataset_id: string;
  version_id: string | null;
  contract_id: string;
  contract_version: number;
  contract_digest: string;
  outcome: string;
  digest: string;
  row_count: number;
  failing_rows: number;
  failed_checks: number;
  report: string;
  created_at: number;
  created_by: string;
}

interface Report {
  readonly validation: Validation;
  readonly loosenedFrom?: number | undefined;
}

interface Tables {
  validation_runs: ValidationRunRow;
}

export async function insertValidationRun(
  tx: SqlTransaction,
  workspace: string,
  run: ValidationRun,
): Promise<void> {
  await tx
    .query<Tables>()
    .insertInto('validation_runs')
    .values({
      id: run.id,
      workspace,
      dataset_id: run.datasetId,
      version_id: run.versionId ?? null,
      contract_id: run.contractId,
      contract_version: run.contractVersion,
      contract_digest: run.contractDigest,
      outcome: run.validation.outcome,
      digest: run.digest,
      row_count: run.validation.rows,
      failing_rows: run.validation.failingRows,
      failed_checks: run.validation.failedChecks,
      report: JSON.stringify({ validation: run.validation, loosenedFrom: run.loosenedFrom } satisfies Report),
      created_at: run.createdAt,
      created_by: run.createdBy,
    })
    .execute();
}

/** Throws VALIDATION_RUN_NOT_FOUND. */
export async function existingValidationRun(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<ValidationRun> {
  const row = await sql
    .query<Tables>()
    .selectFrom('validation_runs')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw esteiraError('VALIDATION_RUN_NOT_FOUND', { id });
  return toValidationRun(row);
}

/** The newest validation of a version. */
export async function latestValidation(
  sql: SqlReader,
  workspace: string,
  versionId: string,
): Promise<ValidationRun | undefined> {
  const row = await sql
    .query<Tables>()
    .selectFrom('validation_runs')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('version_id', '=', versionId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return row === undefined ? undefined : toValidationRun(row);
}

const pages = pagesById('validation-runs');

export async function listValidationRuns(
  sql: SqlReader,
  datasetId: string,
  page: PageRequest,
): Promise<Page<ValidationRun>> {
  const query = sql
    .query<Tables>()
    .selectFrom('validation_runs')
    .selectAll()
    .where('dataset_id', '=', datasetId);
  const place = { ...pages.before(page.cursor), limit: page.limit + 1 };
  return pages.of(await newestFirst(query, place).execute(), page.limit, toValidationRun);
}

function toValidationRun(row: ValidationRunRow): ValidationRun {
  const { validation, loosenedFrom } = JSON.parse(row.report) as Report;
  return {
    id: row.id,
    datasetId: row.dataset_id,
    versionId: row.version_id ?? undefined,
    contractId: row.contract_id,
    contractVersion: row.contract_version,
    contractDigest: row.contract_digest,
    digest: row.digest,
    validation,
    loosenedFrom,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
