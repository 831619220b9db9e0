import type { JsonValue } from '@esteira/contracts';
import { canonicalDigest } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Dataset } from '../dataset-store.ts';
import { datasetById } from '../dataset-store.ts';
import type { DatasetsDeps } from '../datasets-deps.ts';
import { chosenFiles } from '../landing/landed-file-store.ts';
import { existingVersion, findVersion, sourcesOf } from '../versions/dataset-version-store.ts';
import { openVersion } from '../versions/open-version.ts';
import { diffContracts } from './contract-diff.ts';
import { type ContractVersion, existingContract, findContract } from './contract-store.ts';
import { rulesOf } from './save-contract.ts';
import {
  type ReferenceTables,
  type ValidatedTable,
  type Validation,
  validateTable,
} from './validate-table.ts';
import { insertValidationRun, type ValidationRun } from './validation-run-store.ts';

/** Which contract judges: a number, the newest, none at all, or (undefined) the default of the dataset. */
export type ContractChoice = number | 'latest' | 'none' | undefined;

/** What was found, with the contract that judged. */
export interface Judgement {
  readonly contract: ContractVersion;
  readonly validation: Validation;
  readonly loosenedFrom: number | undefined;
}

// A contract that was changed more often since the data landed is compared with the newest of its versions.
const mostEarlierContracts = 10;

/** Throws CONTRACT_NOT_FOUND when a contract is asked for that does not exist. */
export async function chooseContract(
  deps: Pick<DatasetsDeps, 'sql'>,
  dataset: Dataset,
  choice: ContractChoice,
): Promise<ContractVersion | undefined> {
  if (choice === 'none' || (choice === undefined && dataset.contractVersion === undefined)) return undefined;
  return existingContract(deps.sql, dataset, choice ?? dataset.contractVersion ?? 'latest');
}

/**
 * Judges a table by a contract. When stricter versions of the contract were in force since the data landed (`landedAt`,
 * ms), the table is judged by them too: data that was refused may not pass unseen because the contract was loosened.
 */
export async function judgeTable(
  deps: DatasetsDeps,
  workspace: string,
  judged: {
    readonly dataset: Dataset;
    readonly table: ValidatedTable;
    readonly contract: ContractVersion;
    readonly landedAt: number | undefined;
    /** The version that the table is, for rules that look at earlier ones; undefined: the next. */
    readonly before?: number;
  },
): Promise<Judgement> {
  const { dataset, table, contract, landedAt } = judged;
  const references = referenceTables(deps, workspace, dataset, judged.before);
  const rules = rulesOf(contract, dataset.name);
  const validation = await validateTable(deps.tables, table, rules, references);
  const none = { contract, validation, loosenedFrom: undefined };
  if (landedAt === undefined || contract.createdAt <= landedAt) return none;
  if (validation.outcome === 'refused') return none;
  const oldest = Math.max(1, contract.version - mostEarlierContracts);
  for (let version = contract.version - 1; version >= oldest; version--) {
    const earlier = await findContract(deps.sql, dataset.id, version);
    if (earlier === undefined) break;
    const earlierRules = rulesOf(earlier, dataset.name);
    if (diffContracts(earlierRules, rules).some((difference) => difference.breaking)) {
      const { outcome } = await validateTable(deps.tables, table, earlierRules, references);
      if (outcome === 'refused') return { ...none, loosenedFrom: version };
    }
    // This one was in force when the data landed; what was before it never applied to the data.
    if (earlier.createdAt <= landedAt) break;
  }
  return none;
}

/** Validates an existing version again and records the run. Throws CONTRACT_NOT_FOUND. */
export async function validateVersion(
  deps: DatasetsDeps,
  context: RequestContext,
  request: { versionId: string; contract?: number | 'latest' | undefined },
): Promise<ValidationRun> {
  const { workspace } = context;
  const version = await existingVersion(deps.sql, workspace, request.versionId);
  const dataset = await datasetById(deps.sql, workspace, version.datasetId);
  const contract = await existingContract(
    deps.sql,
    dataset,
    request.contract ?? dataset.contractVersion ?? 'latest',
  );
  const opened = await openVersion(deps, workspace, version.id);
  const sources = await sourcesOf(deps.sql, workspace, version.id);
  const files = sources.filter((source) => source.kind === 'source-file').map((source) => source.id);
  const landed = files.length === 0 ? [] : await chosenFiles(deps.sql, dataset, files);
  const judgement = await judgeTable(deps, workspace, {
    dataset,
    table: opened,
    contract,
    landedAt: earliest(landed),
    before: version.number,
  });
  return deps.sql.transaction((tx) => recordJudgement(deps, tx, context, { dataset, judgement, version }));
}

/** When the first of the files landed. */
export function earliest(files: readonly { readonly landedAt: number }[]): number | undefined {
  let time: number | undefined;
  for (const { landedAt } of files) if (time === undefined || landedAt < time) time = landedAt;
  return time;
}

/** Stores the run of a judgement with its audit row, and links contract and version. */
export async function recordJudgement(
  deps: DatasetsDeps,
  tx: SqlTransaction,
  context: RequestContext,
  judged: {
    readonly dataset: Dataset;
    readonly judgement: Judgement;
    /** Undefined where the rows were refused. */
    readonly version?: { readonly id: string; readonly digest: string };
  },
): Promise<ValidationRun> {
  const { dataset, judgement, version } = judged;
  const { contract, validation, loosenedFrom } = judgement;
  const findings = { contract: contract.digest, version: version?.digest ?? null, validation };
  const run: ValidationRun = {
    id: deps.ids.next('val'),
    datasetId: dataset.id,
    versionId: version?.id,
    contractId: contract.id,
    contractVersion: contract.version,
    contractDigest: contract.digest,
    digest: canonicalDigest(JSON.parse(JSON.stringify(findings)) as JsonValue),
    validation,
    loosenedFrom,
    createdAt: deps.clock.now(),
    createdBy: context.actor.id,
  };
  await insertValidationRun(tx, context.workspace, run);
  if (version !== undefined) {
    await deps.lineage.link(tx, context, {
      from: { kind: 'contract', id: contract.id },
      to: { kind: 'dataset-version', id: version.id },
      relation: 'validated',
      fromDigest: contract.digest,
      toDigest: version.digest,
    });
  }
  await deps.audit.record(tx, context, {
    action: `datasets.validation.${validation.outcome}`,
    subject: { kind: 'validation-run', id: run.id },
    details: {
      dataset: dataset.name,
      version: version?.id ?? null,
      contract: contract.version,
      contractDigest: contract.digest,
      rows: validation.rows,
      failingRows: validation.failingRows,
      failedChecks: validation.failedChecks,
    },
  });
  return run;
}

function referenceTables(
  deps: DatasetsDeps,
  workspace: string,
  dataset: Dataset,
  before: number | undefined,
): ReferenceTables {
  return async (reference) => {
    const wanted = reference === 'previous' ? { before } : { number: reference };
    const version = await findVersion(deps.sql, dataset.id, wanted);
    return version === undefined ? undefined : openVersion(deps, workspace, version.id);
  };
}
