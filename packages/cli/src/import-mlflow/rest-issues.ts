import { IssueSeverity, IssueStatus } from '@esteira/contracts';
import type { MlflowRest } from './mlflow-rest.ts';
import type { SourceIssue } from './mlflow-source.ts';
import { noneOfOldServer } from './none-of-old-server.ts';
import { restPages } from './rest-pages.ts';
import { keepsScorers } from './rest-scorers.ts';

const api = '/api/3.0/mlflow/issues/search';
const issuesPerPage = 500;

/** Numbers may stand as texts. */
export interface IssueMessage {
  readonly issue_id: string;
  readonly experiment_id: string;
  readonly name: string;
  readonly description?: string;
  readonly status: string;
  readonly severity?: string;
  readonly root_causes?: readonly string[];
  readonly categories?: readonly string[];
  readonly source_run_id?: string;
  readonly created_by?: string;
  readonly created_timestamp?: number | string;
  readonly last_updated_timestamp?: number | string;
}

interface FoundIssues {
  readonly issues?: readonly IssueMessage[];
  readonly next_page_token?: string;
}

/** All issues, a page at a time; none of a server that keeps no such thing. */
export async function* issuesOf(rest: MlflowRest): AsyncIterable<readonly SourceIssue[]> {
  const pages = restPages<'issues', IssueMessage>('issues', (token) =>
    rest
      .post<FoundIssues>(api, { max_results: issuesPerPage, page_token: token })
      .catch(async (error: unknown): Promise<FoundIssues> => {
        // A store of files fails when it is asked; it keeps no scorers either, and says so.
        if (await keepsScorers(rest)) return noneOfOldServer(error);
        return {};
      }),
  );
  for await (const issues of pages) yield issues.map(issueOf);
}

/** Throws when its status or severity is none that there is. */
export function issueOf(message: IssueMessage): SourceIssue {
  const { source_run_id: sourceRunId, created_by: userName, severity } = message;
  const createdAt = Number(message.created_timestamp ?? 0);
  return {
    id: message.issue_id,
    experimentKey: message.experiment_id,
    name: message.name,
    description: message.description ?? '',
    status: IssueStatus.parse(message.status),
    ...(severity ? { severity: IssueSeverity.parse(severity) } : {}),
    rootCauses: [...(message.root_causes ?? [])],
    categories: [...(message.categories ?? [])],
    ...(sourceRunId ? { sourceRunId } : {}),
    ...(userName ? { userName } : {}),
    createdAt,
    updatedAt: Number(message.last_updated_timestamp ?? createdAt),
  };
}
