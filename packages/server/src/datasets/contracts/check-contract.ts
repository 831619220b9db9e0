import type { SafeSql } from '../../storage/tables/safe-sql.ts';
import type { ContractFinding } from './contract-rules.ts';
import { tableQuery, validatedView } from './measure-sql.ts';
import { type ParsedContract, parseContract } from './parse-contract.ts';

/**
 * Reads a contract and lets the engine judge what only it can: patterns, conditions and queries. `rules` is undefined
 * when anything is wrong.
 */
export async function checkContract(
  safeSql: SafeSql,
  source: unknown,
  dataset?: string,
): Promise<ParsedContract> {
  const parsed = parseContract(source, dataset);
  if (parsed.rules === undefined) return parsed;
  const findings: ContractFinding[] = [...parsed.findings];
  let sound = true;
  for (const { measure, path } of parsed.rules.checks) {
    let problem: string | undefined;
    if (measure.kind === 'query') {
      problem = await safeSql.queryProblem(tableQuery(measure.query), validatedView);
    } else if (measure.kind === 'failing-rows' && measure.rule.kind === 'expression') {
      problem = await safeSql.expressionProblem(measure.rule.expression);
    } else if (measure.kind === 'failing-rows' && measure.rule.kind === 'pattern') {
      problem = await safeSql.patternProblem(measure.rule.pattern);
    }
    if (problem === undefined) continue;
    sound = false;
    findings.push({ level: 'error', path, message: problem });
  }
  return { document: parsed.document, rules: sound ? parsed.rules : undefined, findings };
}
