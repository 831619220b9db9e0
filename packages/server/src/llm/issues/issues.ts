import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pagesByKey } from '../../kernel/paging.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { FoundIssue, Issue, IssueChange, IssueCondition } from './issue.ts';
import { findIssue, insertIssue, placeOf, searchIssues, updateIssue } from './issue-store.ts';

interface IssueSearch extends PageRequest {
  /** Ids; of all experiments when undefined. */
  readonly experiments: readonly string[] | undefined;
  /** All of them hold. An issue of no run is neither equal nor unequal to one. */
  readonly conditions: readonly IssueCondition[];
  /** Whether to say of how many traces each is said; then the one of most comes first within a severity. */
  readonly countTraces: boolean;
}

/** What goes wrong with programs, kept until their experiments go. */
export interface Issues {
  create(context: RequestContext, issue: Omit<Issue, 'createdAt' | 'updatedAt'>): Promise<Issue>;
  /** Throws ISSUE_NOT_FOUND. */
  find(workspace: string, id: string): Promise<Issue>;
  /** Throws ISSUE_NOT_FOUND. */
  change(context: RequestContext, id: string, change: IssueChange): Promise<Issue>;
  /** The severest first, within a severity the newest. Throws INVALID_REQUEST for a foreign cursor. */
  search(workspace: string, search: IssueSearch): Promise<Page<FoundIssue>>;
}

interface IssuesDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly audit: AuditLog;
}

const pages = pagesByKey('issues', ['number', 'number', 'number', 'string'], placeOf);

export function createIssues({ sql, clock, audit }: IssuesDeps): Issues {
  return {
    async create(context, told) {
      const now = clock.now();
      const issue: Issue = { ...told, createdAt: now, updatedAt: now };
      await sql.transaction(async (tx) => {
        await insertIssue(tx, context.workspace, issue);
        await audit.record(tx, context, {
          action: 'llm.issue.created',
          subject: { kind: 'issue', id: issue.id },
          details: { name: issue.name },
        });
      });
      return issue;
    },

    async find(workspace, id) {
      const found = await findIssue(sql, workspace, id);
      if (found === undefined) throw esteiraError('ISSUE_NOT_FOUND', { id });
      return found;
    },

    async change(context, id, change) {
      return await sql.transaction(async (tx) => {
        const before = await findIssue(tx, context.workspace, id);
        if (before === undefined) throw esteiraError('ISSUE_NOT_FOUND', { id });
        const issue: Issue = { ...before, ...change, updatedAt: clock.now() };
        await updateIssue(tx, id, { ...change, updatedAt: issue.updatedAt });
        await audit.record(tx, context, {
          action: 'llm.issue.changed',
          subject: { kind: 'issue', id },
          details: { name: issue.name, status: issue.status },
        });
        return issue;
      });
    },

    async search(workspace, { limit, cursor, ...search }) {
      const behind = pages.keyBehind(cursor);
      const rows = await searchIssues(sql, workspace, { ...search, behind, limit: limit + 1 });
      return pages.of(rows, limit);
    },
  };
}
