import { createAuditLog, signingKeyOf, systemActor } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { createEvaluationImports } from './imports/evaluation-imports.ts';
import { createLlmEvaluation } from './llm-evaluation.ts';

/** Evaluation datasets and scorers beside the experiments 0, 1 and 2. For tests. */
export async function openEvaluationDatasets() {
  const time = { now: Date.UTC(2026, 0, 1) };
  const clock = { now: () => time.now };
  const sql = await openTestDatabase();
  const ids = createIdGenerator({ clock, random: systemRandom });
  const audit = createAuditLog({
    sql,
    clock,
    ids,
    logger: silentLogger,
    signingKey: signingKeyOf(Buffer.alloc(32, 1)),
  });
  const experiments = {
    known: async (_context: RequestContext, numbers: readonly number[]) =>
      new Set(numbers.filter((number) => number <= 2)),
    byNumber: async (_workspace: string, numbers: readonly number[]) =>
      numbers.filter((number) => number <= 2).map(named),
    byId: async (_workspace: string, id: string) => [0, 1, 2].map(named).find((one) => one.id === id),
  };
  const shared = { sql, clock, ids, random: systemRandom, audit, experiments };
  return {
    time,
    ...createLlmEvaluation(shared),
    imports: createEvaluationImports(shared),
    close: () => sql.close(),
  };
}

function named(number: number) {
  return { id: `exp_${number}`, number, name: `experiment ${number}` };
}

export const judge: RequestContext = { workspace: 'ws_1', actor: systemActor, requestId: 'req_1' };
