import type { SourceIssue } from './mlflow-source.ts';
import { readPlainJson } from './python-json.ts';
import { issueOf } from './rest-issues.ts';
import { type SourceDatabase, type SourceRow, sourceWorkspace } from './source-database.ts';

const issuesPerRead = 500;

/** All issues by id, those of deleted experiments too, a page at a time. */
export async function* readIssues(database: SourceDatabase): AsyncIterable<readonly SourceIssue[]> {
  for (let last = ''; ; ) {
    const rows = await database.rows(
      `select issues.* from issues inner join experiments on experiments.experiment_id = issues.experiment_id
       where experiments.workspace = ? and issue_id > ? order by issue_id limit ${issuesPerRead}`,
      [sourceWorkspace, last],
    );
    if (rows.length === 0) return;
    yield rows.map(issueOfRow);
    last = String(rows.at(-1)?.issue_id);
  }
}

function issueOfRow(row: SourceRow): SourceIssue {
  const { severity = null, source_run_id: run = null, created_by: user = null } = row;
  return issueOf({
    issue_id: String(row.issue_id),
    experiment_id: String(row.experiment_id),
    name: String(row.name),
    description: String(row.description ?? ''),
    status: String(row.status),
    ...(severity === null ? {} : { severity: String(severity) }),
    root_causes: textsIn(row.root_causes),
    categories: textsIn(row.categories),
    ...(run === null ? {} : { source_run_id: String(run) }),
    ...(user === null ? {} : { created_by: String(user) }),
    created_timestamp: Number(row.created_timestamp),
    last_updated_timestamp: Number(row.last_updated_timestamp),
  });
}

function textsIn(text: SourceRow[string] | undefined): readonly string[] {
  const value: unknown = text ? readPlainJson(String(text)) : [];
  return Array.isArray(value) ? value.map(String) : [];
}
