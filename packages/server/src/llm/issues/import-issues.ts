import type { ImportedIssue } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { Issue } from './issue.ts';
import { insertIssue, workspaceOfIssue } from './issue-store.ts';
import type { IssuesDeps } from './issues.ts';

/**
 * Takes issues of another tracker under their ids and times; one that is there stays as it is. Returns how many were not
 * there. Throws EXPERIMENT_NOT_FOUND, IMPORT_ID_TAKEN.
 */
export async function importIssues(
  { sql, audit, surroundings }: IssuesDeps,
  context: RequestContext,
  issues: readonly ImportedIssue[],
): Promise<number> {
  const { workspace } = context;
  for (const id of new Set(issues.map(({ experimentId }) => experimentId)))
    if ((await surroundings.findExperiment(workspace, { id })) === undefined)
      throw esteiraError('EXPERIMENT_NOT_FOUND', { id });
  return await sql.transaction(async (tx) => {
    let added = 0;
    for (const imported of issues) {
      const issue = toIssue(imported);
      const taken = await workspaceOfIssue(tx, issue.id);
      if (taken === workspace) continue;
      if (taken !== undefined) throw esteiraError('IMPORT_ID_TAKEN', { kind: 'issue', id: issue.id });
      await insertIssue(tx, workspace, issue);
      await audit.record(tx, context, {
        action: 'llm.issue.imported',
        subject: { kind: 'issue', id: issue.id },
        details: { name: issue.name },
      });
      added++;
    }
    return added;
  });
}

function toIssue({ severity, sourceRunId, userName, ...words }: ImportedIssue): Issue {
  const { rootCauses = [], categories = [] } = words;
  return {
    ...words,
    rootCauses,
    categories,
    ...(severity === undefined ? {} : { severity }),
    ...(sourceRunId === undefined ? {} : { sourceRunId }),
    ...(userName === undefined ? {} : { userName }),
  };
}
