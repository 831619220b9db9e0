import type { JsonValue } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pagesById } from '../../kernel/paging.ts';
import { newestFirst } from '../../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

/** A saved contract; it never changes, a change is another version. */
export interface ContractVersion {
  readonly id: string;
  readonly datasetId: string;
  readonly version: number;
  /** Of the document as canonical JSON. */
  readonly digest: string;
  readonly document: JsonValue;
  readonly createdAt: number;
  readonly createdBy: string;
}

interface ContractRow {
  id: string;
  workspace: string;
  dataset_id: string;
  version: number;
  digest: string;
  document: string;
  created_at: number;
  created_by: string;
}

interface Tables {
  dataset_contracts: ContractRow;
}

export async function insertContract(
  tx: SqlTransaction,
  workspace: string,
  contract: ContractVersion,
): Promise<void> {
  await tx
    .query<Tables>()
    .insertInto('dataset_contracts')
    .values({
      id: contract.id,
      workspace,
      dataset_id: contract.datasetId,
      version: contract.version,
      digest: contract.digest,
      document: JSON.stringify(contract.document),
      created_at: contract.createdAt,
      created_by: contract.createdBy,
    })
    .execute();
}

/** A version of the contract, or the newest; undefined when there is none. */
export async function findContract(
  sql: SqlReader,
  datasetId: string,
  version: number | 'latest',
): Promise<ContractVersion | undefined> {
  let query = sql
    .query<Tables>()
    .selectFrom('dataset_contracts')
    .selectAll()
    .where('dataset_id', '=', datasetId);
  if (version !== 'latest') query = query.where('version', '=', version);
  const row = await query.orderBy('version', 'desc').executeTakeFirst();
  return row === undefined ? undefined : toContract(row);
}

/** Throws CONTRACT_NOT_FOUND. */
export async function existingContract(
  sql: SqlReader,
  dataset: { readonly id: string; readonly name: string },
  version: number | 'latest',
): Promise<ContractVersion> {
  const contract = await findContract(sql, dataset.id, version);
  if (contract === undefined) throw esteiraError('CONTRACT_NOT_FOUND', { dataset: dataset.name, version });
  return contract;
}

const pages = pagesById('contracts');

export async function listContracts(
  sql: SqlReader,
  datasetId: string,
  page: PageRequest,
): Promise<Page<ContractVersion>> {
  const query = sql
    .query<Tables>()
    .selectFrom('dataset_contracts')
    .selectAll()
    .where('dataset_id', '=', datasetId);
  const place = { ...pages.before(page.cursor), limit: page.limit + 1 };
  return pages.of(await newestFirst(query, place).execute(), page.limit, toContract);
}

function toContract(row: ContractRow): ContractVersion {
  return {
    id: row.id,
    datasetId: row.dataset_id,
    version: row.version,
    digest: row.digest,
    document: JSON.parse(row.document) as JsonValue,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
