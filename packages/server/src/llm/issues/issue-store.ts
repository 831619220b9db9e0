import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { matchesPattern } from '../../storage/sql/matches-pattern.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { FoundIssue, Issue, IssueChange, IssueCondition, IssueSeverity, IssueStatus } from './issue.ts';
import { issueSeverities } from './issue.ts';

interface IssueRow {
  id: string;
  workspace: string;
  experiment_id: string;
  name: string;
  description: string;
  status: IssueStatus;
  severity: IssueSeverity | null;
  root_causes: string;
  categories: string;
  source_run_id: string | null;
  user_name: string | null;
  created_at: number;
  updated_at: number;
}

interface Tables {
  issues: IssueRow;
}

const columns = { status: 'status', severity: 'severity', sourceRunId: 'source_run_id' } as const;

export async function insertIssue(tx: SqlTransaction, workspace: string, issue: Issue): Promise<void> {
  await tx
    .query<Tables>()
    .insertInto('issues')
    .values({
      id: issue.id,
      workspace,
      experiment_id: issue.experimentId,
      name: issue.name,
      description: issue.description,
      status: issue.status,
      severity: issue.severity ?? null,
      root_causes: JSON.stringify(issue.rootCauses),
      categories: JSON.stringify(issue.categories),
      source_run_id: issue.sourceRunId ?? null,
      user_name: issue.userName ?? null,
      created_at: issue.createdAt,
      updated_at: issue.updatedAt,
    })
    .execute();
}

export async function updateIssue(
  tx: SqlTransaction,
  id: string,
  change: IssueChange & { readonly updatedAt: number },
): Promise<void> {
  const { updatedAt, rootCauses, categories, ...words } = change;
  await tx
    .query<Tables>()
    .updateTable('issues')
    .set({
      ...words,
      ...(rootCauses === undefined ? {} : { root_causes: JSON.stringify(rootCauses) }),
      ...(categories === undefined ? {} : { categories: JSON.stringify(categories) }),
      updated_at: updatedAt,
    })
    .where('id', '=', id)
    .execute();
}

export async function findIssue(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<Issue | undefined> {
  const row = await reader
    .query<Tables>()
    .selectFrom('issues')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toIssue(row);
}

/** Ids of issues are their own in all workspaces. */
export async function workspaceOfIssue(reader: SqlReader, id: string): Promise<string | undefined> {
  const row = await reader
    .query<Tables>()
    .selectFrom('issues')
    .select('workspace')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.workspace;
}

export async function deleteIssueRow(tx: SqlTransaction, id: string): Promise<void> {
  await tx.query<Tables>().deleteFrom('issues').where('id', '=', id).execute();
}

/** Severity, traces, time and id of the issue that a page goes on behind. */
type IssuePlace = readonly [severity: number, traces: number, createdAt: number, id: string];

/** What issues are ordered by, the highest first. */
export function placeOf(issue: FoundIssue): IssuePlace {
  const { severity, traces, createdAt, id } = issue;
  return [severity === undefined ? -1 : issueSeverities.indexOf(severity), traces, createdAt, id];
}

/** The severest first, of those the ones that most traces show, of those the newest. */
export async function searchIssues(
  reader: SqlReader,
  workspace: string,
  {
    experiments,
    conditions,
    text,
    countTraces,
    behind,
    limit,
  }: {
    /** Ids; of all experiments when undefined. */
    readonly experiments: readonly string[] | undefined;
    readonly conditions: readonly IssueCondition[];
    /** Stands in the words of an issue, in whatever case; nothing is sought when undefined. */
    readonly text?: string | undefined;
    readonly countTraces: boolean;
    readonly behind: IssuePlace | undefined;
    readonly limit: number;
  },
): Promise<readonly FoundIssue[]> {
  if (experiments?.length === 0) return [];
  const query = reader.query<Tables>();
  let own = query
    .selectFrom('issues')
    .selectAll()
    .select([severityRank.as('rank'), (countTraces ? tracesOf : sql<number>`0`).as('traces')])
    .where('workspace', '=', workspace);
  if (experiments !== undefined) own = own.where('experiment_id', 'in', experiments);
  for (const { field, operator, value } of conditions) own = own.where(columns[field], operator, value);
  if (text !== undefined) own = own.where(hasText(text));
  let found = query.selectFrom(own.as('found')).selectAll();
  if (behind !== undefined) {
    const [rank, traces, createdAt, id] = behind;
    found = found.where(
      sql<boolean>`(rank, traces, created_at, id) < (${rank}, ${traces}, ${createdAt}, ${id})`,
    );
  }
  const rows = await found
    .orderBy('rank', 'desc')
    .orderBy('traces', 'desc')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...toIssue(row), traces: Number(row.traces) }));
}

/** How many traces show one issue. */
export async function countTracesOf(reader: SqlReader, id: string): Promise<number> {
  const row = await reader
    .query<Tables>()
    .selectFrom('issues')
    .select(tracesOf.as('traces'))
    .where('id', '=', id)
    .executeTakeFirst();
  return Number(row?.traces ?? 0);
}

/** Removes the issues of an experiment that goes for good. Always false: it is done. */
export async function purgeIssues(
  tx: SqlTransaction,
  workspace: string,
  experiment: { readonly id: string },
): Promise<boolean> {
  await tx
    .query<Tables>()
    .deleteFrom('issues')
    .where('workspace', '=', workspace)
    .where('experiment_id', '=', experiment.id)
    .execute();
  return false;
}

const severityRank = sql<number>`case issues.severity ${sql.join(
  issueSeverities.map((severity, rank) => sql`when ${sql.lit(severity)} then ${sql.lit(rank)}`),
  sql` `,
)} else -1 end`;

/** Ids of traces are their own in each workspace, ids of issues in all of them. */
const tracesOf = sql<number>`(
  select count(distinct trace) from trace_assessments
  inner join traces on traces.number = trace_assessments.trace
  where kind = 'issue' and trace_assessments.name = issues.id and traces.workspace = issues.workspace)`;

/** Causes and categories are matched as the JSON that they are. */
function hasText(text: string): RawBuilder<SqlBool> {
  const pattern = `%${text}%`;
  return sql<SqlBool>`(${sql.join(
    ['name', 'description', 'root_causes', 'categories'].map((column) =>
      matchesPattern(sql.ref(`issues.${column}`), 'ilike', pattern),
    ),
    sql` or `,
  )})`;
}

function toIssue(row: IssueRow): Issue {
  return {
    id: row.id,
    experimentId: row.experiment_id,
    name: row.name,
    description: row.description,
    status: row.status,
    ...(row.severity === null ? {} : { severity: row.severity }),
    rootCauses: JSON.parse(row.root_causes) as readonly string[],
    categories: JSON.parse(row.categories) as readonly string[],
    ...(row.source_run_id === null ? {} : { sourceRunId: row.source_run_id }),
    ...(row.user_name === null ? {} : { userName: row.user_name }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
