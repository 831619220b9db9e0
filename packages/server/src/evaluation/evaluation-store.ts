import type { Evaluation } from '@esteira/contracts';
import { newestFirst } from '../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface EvaluationTable {
  evaluations: {
    workspace: string;
    id: string;
    project: string;
    trained_model_id: string;
    split_id: string;
    report: string;
    created_at: number;
  };
}

export async function insertEvaluation(
  tx: SqlTransaction,
  workspace: string,
  evaluation: Evaluation,
): Promise<void> {
  await tx
    .query<EvaluationTable>()
    .insertInto('evaluations')
    .values({
      workspace,
      id: evaluation.id,
      project: evaluation.project,
      trained_model_id: evaluation.trainedModelId,
      split_id: evaluation.splitId,
      report: JSON.stringify(evaluation),
      created_at: evaluation.createdAt,
    })
    .execute();
}

export async function findEvaluation(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<Evaluation | undefined> {
  const row = await sql
    .query<EvaluationTable>()
    .selectFrom('evaluations')
    .select('report')
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && (JSON.parse(row.report) as Evaluation);
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listEvaluations(
  sql: SqlReader,
  workspace: string,
  filter: { project?: string | undefined; before?: string | undefined; limit: number },
): Promise<readonly Evaluation[]> {
  let query = sql
    .query<EvaluationTable>()
    .selectFrom('evaluations')
    .select('report')
    .where('workspace', '=', workspace);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  const rows = await newestFirst(query, filter).execute();
  return rows.map((row) => JSON.parse(row.report) as Evaluation);
}
