import type { Change, ChangeState, ChangeSummary } from '@esteira/contracts';
import type { z } from 'zod';
import type { Jobs } from '../../jobs/index.ts';
import { pagesById } from '../../kernel/paging.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { listApprovals, type StoredApproval } from './approval-store.ts';
import { endStates } from './change-state.ts';
import { listChanges, listHistory, type StoredChange } from './change-store.ts';
import { listSteps } from './step-store.ts';

const pages = pagesById('changes');

export type ChangeView = z.input<typeof Change>;

export interface ChangePage {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly state?: ChangeState | undefined;
  readonly kind?: string | undefined;
}

/** A change with all that became of it. */
export async function toChangeView(sql: SqlReader, jobs: Jobs, change: StoredChange): Promise<ChangeView> {
  const { workspace, id } = change;
  const approvals = await listApprovals(sql, workspace, [id]);
  const steps = await listSteps(sql, workspace, id);
  const history = await listHistory(sql, workspace, id);
  const job = change.jobId === null ? undefined : await jobs.find(workspace, change.jobId);
  return {
    ...toSummary(change, approvals),
    plan: change.plan,
    steps: change.plan.steps.map((planned) => {
      const step = steps.get(planned.name);
      return {
        ...planned,
        state: step?.state ?? 'pending',
        result: step?.result ?? null,
        error: step?.error ?? null,
        attempts: step?.attempts ?? 0,
        startedAt: step?.startedAt ?? null,
        finishedAt: step?.finishedAt ?? null,
      };
    }),
    approvals: approvals.map(({ approver, digest, decision, comment, at }) => {
      return { approver, digest, decision, comment, at, current: digest === change.digest };
    }),
    progress: endStates.has(change.state)
      ? { share: 1, message: change.state }
      : (job?.progress ?? { share: 0, message: change.state }),
    jobId: change.jobId,
    verification: [...change.verification],
    rollBack: change.rollBack,
    reason: change.reason,
    history: history.map((row) => ({ from: row.from_state, to: row.to_state, actor: row.actor, at: row.at })),
  };
}

export async function listChangeViews(
  sql: SqlReader,
  workspace: string,
  page: ChangePage,
): Promise<{ items: z.input<typeof ChangeSummary>[]; nextCursor?: string }> {
  const { state, kind, limit } = page;
  const rows = await listChanges(sql, workspace, {
    state,
    kind,
    limit: limit + 1,
    ...pages.before(page.cursor),
  });
  const approvals = await listApprovals(
    sql,
    workspace,
    rows.map((change) => change.id),
  );
  return pages.of(rows, limit, (change) => {
    return toSummary(
      change,
      approvals.filter((approval) => approval.changeId === change.id),
    );
  });
}

function toSummary(
  change: StoredChange,
  approvals: readonly StoredApproval[],
): z.input<typeof ChangeSummary> {
  const given = approvals.filter(
    ({ digest, decision }) => digest === change.digest && decision === 'approved',
  );
  return {
    id: change.id,
    kind: change.kind,
    subject: change.subject,
    state: change.state,
    digest: change.digest,
    requestedBy: change.requester,
    requestedAt: change.requestedAt,
    updatedAt: change.updatedAt,
    expiresAt: change.expiresAt,
    approvalsRequired: change.plan.approvalsRequired,
    approvalsGiven: given.length,
  };
}
