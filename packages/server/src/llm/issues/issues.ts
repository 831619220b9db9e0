import { type AuditLog, assertNotHeld } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pagesByKey } from '../../kernel/paging.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { FoundIssue, Issue, IssueChange, IssueCondition } from './issue.ts';
import {
  countTracesOf,
  deleteIssueRow,
  findIssue,
  insertIssue,
  placeOf,
  searchIssues,
  updateIssue,
} from './issue-store.ts';
import { addIssueToTrace, removeIssueFromTrace, removeIssueFromTraces } from './issue-traces.ts';

interface IssueSearch extends PageRequest {
  /** Ids; of all experiments when undefined. */
  readonly experiments: readonly string[] | undefined;
  /** All of them hold. An issue of no run is neither equal nor unequal to one. */
  readonly conditions: readonly IssueCondition[];
  /** Stands in the name, the description, the causes or the categories, in whatever case. */
  readonly text?: string | undefined;
  /** Whether to say of how many traces each is said; then the one of most comes first within a severity. */
  readonly countTraces: boolean;
}

/** What goes wrong with programs, kept until their experiments go. */
export interface Issues {
  /** Throws EXPERIMENT_NOT_FOUND, EXPERIMENT_DELETED. */
  create(context: RequestContext, issue: Omit<Issue, 'id' | 'createdAt' | 'updatedAt'>): Promise<Issue>;
  /** Throws ISSUE_NOT_FOUND. */
  find(workspace: string, id: string): Promise<Issue>;
  /** How many traces show it. */
  countTraces(id: string): Promise<number>;
  /** Throws ISSUE_NOT_FOUND. */
  change(context: RequestContext, id: string, change: IssueChange): Promise<Issue>;
  /** The severest first, within a severity the newest. Throws INVALID_REQUEST for a foreign cursor. */
  search(workspace: string, search: IssueSearch): Promise<Page<FoundIssue>>;
  /** Says of a trace that it shows the issue, unless that was said. Throws ISSUE_NOT_FOUND, TRACE_NOT_FOUND. */
  link(
    context: RequestContext,
    id: string,
    said: { readonly trace: string; readonly rationale?: string | undefined },
  ): Promise<void>;
  /** Takes that back. Throws ISSUE_NOT_FOUND, TRACE_NOT_FOUND. */
  unlink(context: RequestContext, id: string, trace: string): Promise<void>;
  /** With what traces say of it. Throws ISSUE_NOT_FOUND, LEGAL_HOLD. */
  delete(context: RequestContext, id: string): Promise<void>;
}

export interface IssuesDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly audit: AuditLog;
  readonly surroundings: {
    findExperiment(
      workspace: string,
      by: { readonly id: string },
    ): Promise<
      | { readonly name: string; readonly project?: string; readonly deletedAt?: number | undefined }
      | undefined
    >;
  };
}

const pages = pagesByKey('issues', ['number', 'number', 'number', 'string'], placeOf);

export function createIssues({ sql, clock, random, audit, surroundings }: IssuesDeps): Issues {
  // As MLflow's clients know them: a prefix and 32 hexadecimal characters.
  const newId = (prefix: string): string => `${prefix}-${Buffer.from(random.bytes(16)).toString('hex')}`;

  async function existing(reader: SqlReader, workspace: string, id: string): Promise<Issue> {
    const found = await findIssue(reader, workspace, id);
    if (found === undefined) throw esteiraError('ISSUE_NOT_FOUND', { id });
    return found;
  }

  function record(
    tx: SqlTransaction,
    context: RequestContext,
    action: `llm.issue.${string}`,
    { id, name, status }: Issue,
    details: Readonly<Record<string, string | number>> = {},
  ): Promise<void> {
    return audit.record(tx, context, {
      action,
      subject: { kind: 'issue', id },
      details: { name, status, ...details },
    });
  }

  return {
    async create(context, told) {
      const { workspace } = context;
      const experiment = await surroundings.findExperiment(workspace, { id: told.experimentId });
      if (experiment === undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id: told.experimentId });
      if (experiment.deletedAt !== undefined)
        throw esteiraError('EXPERIMENT_DELETED', { name: experiment.name });
      const now = clock.now();
      const issue: Issue = { ...told, id: newId('iss'), createdAt: now, updatedAt: now };
      await sql.transaction(async (tx) => {
        await insertIssue(tx, workspace, issue);
        await record(tx, context, 'llm.issue.created', issue);
      });
      return issue;
    },

    find: (workspace, id) => existing(sql, workspace, id),
    countTraces: (id) => countTracesOf(sql, id),

    change: (context, id, change) =>
      sql.transaction(async (tx) => {
        const before = await existing(tx, context.workspace, id);
        const { severity = before.severity ?? null, ...words } = change;
        const { severity: _, ...kept } = before;
        const issue: Issue = {
          ...kept,
          ...words,
          ...(severity === null ? {} : { severity }),
          updatedAt: clock.now(),
        };
        await updateIssue(tx, id, { ...change, updatedAt: issue.updatedAt });
        await record(tx, context, 'llm.issue.changed', issue);
        return issue;
      }),

    async search(workspace, { limit, cursor, ...search }) {
      const behind = pages.keyBehind(cursor);
      const rows = await searchIssues(sql, workspace, { ...search, behind, limit: limit + 1 });
      return pages.of(rows, limit);
    },

    link: (context, id, { trace, rationale }) =>
      sql.transaction(async (tx) => {
        const issue = await existing(tx, context.workspace, id);
        const said = { trace, rationale, id: newId('a'), at: clock.now() };
        if (await addIssueToTrace(tx, context, issue, said))
          await record(tx, context, 'llm.issue.linked', issue, { trace });
      }),

    unlink: (context, id, trace) =>
      sql.transaction(async (tx) => {
        const issue = await existing(tx, context.workspace, id);
        if (await removeIssueFromTrace(tx, context.workspace, { issueId: id, trace }))
          await record(tx, context, 'llm.issue.unlinked', issue, { trace });
      }),

    async delete(context, id) {
      const { workspace } = context;
      const { experimentId } = await existing(sql, workspace, id);
      const experiment = await surroundings.findExperiment(workspace, { id: experimentId });
      await sql.transaction(async (tx) => {
        if (experiment !== undefined) {
          const { name, project } = experiment;
          const within = project === undefined ? [] : [{ kind: 'project', id: project } as const];
          await assertNotHeld(tx, workspace, { kind: 'experiment', id: name }, within);
        }
        const issue = await existing(tx, workspace, id);
        const assessments = await removeIssueFromTraces(tx, workspace, id);
        await deleteIssueRow(tx, id);
        await record(tx, context, 'llm.issue.deleted', issue, { assessments });
      });
    },
  };
}
