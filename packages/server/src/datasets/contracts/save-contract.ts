import { Json, type JsonValue } from '@esteira/contracts';
import { canonicalDigest } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SafeSql } from '../../storage/tables/safe-sql.ts';
import { bindContract, existingDataset } from '../dataset-store.ts';
import type { DatasetsDeps } from '../datasets-deps.ts';
import { checkContract } from './check-contract.ts';
import type { ContractFinding, ContractRules } from './contract-rules.ts';
import { type ContractVersion, findContract, insertContract } from './contract-store.ts';
import { type ParsedContract, parseContract } from './parse-contract.ts';

/**
 * Saves a contract as the next version and makes it the default of its dataset; the document of the newest version again
 * makes no other. Throws CONTRACT_INVALID.
 */
export async function saveContract(
  deps: DatasetsDeps,
  safeSql: SafeSql,
  context: RequestContext,
  request: { dataset: string; document: JsonValue },
): Promise<{ contract: ContractVersion; findings: readonly ContractFinding[] }> {
  const dataset = await existingDataset(deps.sql, context.workspace, request.dataset);
  const parsed = await checkContract(safeSql, request.document, dataset.name);
  soundRules(parsed);
  const document = Json.parse(parsed.document);
  const digest = canonicalDigest(document);
  const contract = await deps.sql.transaction(async (tx) => {
    const newest = await findContract(tx, dataset.id, 'latest');
    if (newest?.digest === digest) {
      await bindContract(tx, context.workspace, dataset.id, newest.version);
      return newest;
    }
    const saved: ContractVersion = {
      id: deps.ids.next('con'),
      datasetId: dataset.id,
      version: (newest?.version ?? 0) + 1,
      digest,
      document,
      createdAt: deps.clock.now(),
      createdBy: context.actor.id,
    };
    await insertContract(tx, context.workspace, saved);
    await bindContract(tx, context.workspace, dataset.id, saved.version);
    await deps.audit.record(tx, context, {
      action: 'datasets.contract.saved',
      subject: { kind: 'contract', id: saved.id },
      details: { dataset: dataset.name, version: saved.version, digest },
    });
    return saved;
  });
  return { contract, findings: parsed.findings };
}

/** The rules of a saved contract. Throws CONTRACT_INVALID when this release no longer reads them. */
export function rulesOf(contract: ContractVersion, dataset: string): ContractRules {
  return soundRules(parseContract(contract.document, dataset));
}

/** Throws CONTRACT_INVALID, naming the first error. */
export function soundRules(parsed: ParsedContract): ContractRules {
  if (parsed.rules !== undefined) return parsed.rules;
  const errors = parsed.findings.filter((finding) => finding.level === 'error');
  const [first] = errors;
  const place = first === undefined || first.path === '' ? '' : `${first.path}: `;
  throw esteiraError('CONTRACT_INVALID', {
    problem: `${place}${first?.message ?? 'it cannot be read'}`,
    count: errors.length,
  });
}
