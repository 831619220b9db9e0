import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { type AssessmentTables, putAssessments, setAssessmentValid } from '../traces/assessment-store.ts';
import { findTraceRow, type TraceTables } from '../traces/trace-store.ts';
import type { Issue } from './issue.ts';

const kind = 'issue';

/** Says of a trace that it shows the issue; false when that was said before. Throws TRACE_NOT_FOUND. */
export async function addIssueToTrace(
  tx: SqlTransaction,
  { workspace, actor }: RequestContext,
  issue: Issue,
  said: {
    readonly trace: string;
    readonly rationale?: string | undefined;
    readonly id: string;
    readonly at: number;
  },
): Promise<boolean> {
  const number = await numberOfTrace(tx, workspace, said.trace);
  if ((await issueRows(tx, number, issue.id)).length > 0) return false;
  await putAssessments(tx, number, [
    {
      kind,
      id: said.id,
      name: issue.id,
      value: issue.name,
      ...(said.rationale === undefined ? {} : { rationale: said.rationale }),
      sourceType: actor.kind === 'user' ? 'HUMAN' : 'CODE',
      sourceId: actor.id,
      valid: true,
      createdAt: said.at,
      updatedAt: said.at,
    },
  ]);
  return true;
}

/** Takes back whatever says of a trace that it shows the issue; false when nothing did. Throws TRACE_NOT_FOUND. */
export async function removeIssueFromTrace(
  tx: SqlTransaction,
  workspace: string,
  { issueId, trace }: { readonly issueId: string; readonly trace: string },
): Promise<boolean> {
  const number = await numberOfTrace(tx, workspace, trace);
  const rows = await issueRows(tx, number, issueId);
  if (rows.length === 0) return false;
  await tx
    .query<AssessmentTables>()
    .deleteFrom('trace_assessments')
    .where('trace', '=', number)
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  for (const { overrides } of rows)
    if (overrides !== null) await setAssessmentValid(tx, number, overrides, true);
  return true;
}

/** Takes back of all traces that they show the issue; returns how often that was said. */
export async function removeIssueFromTraces(
  tx: SqlTransaction,
  workspace: string,
  issueId: string,
): Promise<number> {
  const result = await tx
    .query<AssessmentTables & TraceTables>()
    .deleteFrom('trace_assessments')
    .where('kind', '=', kind)
    .where('name', '=', issueId)
    // Ids of traces are their own in each workspace, and so is what is said of them.
    .where('trace', 'in', (query) =>
      query.selectFrom('traces').select('number').where('workspace', '=', workspace),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

async function numberOfTrace(tx: SqlTransaction, workspace: string, id: string): Promise<number> {
  const row = await findTraceRow(tx, workspace, id);
  if (row === undefined) throw esteiraError('TRACE_NOT_FOUND', { id });
  return row.number;
}

function issueRows(tx: SqlTransaction, trace: number, issueId: string) {
  return tx
    .query<AssessmentTables>()
    .selectFrom('trace_assessments')
    .select(['id', 'overrides'])
    .where('trace', '=', trace)
    .where('kind', '=', kind)
    .where('name', '=', issueId)
    .execute();
}
