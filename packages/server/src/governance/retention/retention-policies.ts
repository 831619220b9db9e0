import {
  protectedRetention,
  type RetentionKind,
  type RetentionPolicy,
  retentionKinds,
} from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { requirePermission } from '../identity/require-permission.ts';
import { isShorter, keptDays } from './kept-days.ts';
import { deletePolicy, listPolicies, putPolicy, type StoredPolicy } from './retention-policy-store.ts';

/** For how long things are kept. */
export interface RetentionPolicies {
  /** Every kind of the workspace, then what projects have set. */
  list(workspace: string): Promise<readonly RetentionPolicy[]>;
  /** Throws RETENTION_BELOW_MINIMUM, RETENTION_NEEDS_CHANGE. */
  set(context: RequestContext, request: PolicyRequest): Promise<RetentionPolicy>;
  /** Throws RETENTION_NEEDS_CHANGE. */
  takeBack(context: RequestContext, request: Omit<PolicyRequest, 'days'>): Promise<RetentionPolicy>;
  /** What the change `retention.shorten` does once it has consent. Throws RETENTION_BELOW_MINIMUM. */
  setWithConsent(
    context: RequestContext,
    request: PolicyRequest & { readonly changeId: string },
  ): Promise<RetentionPolicy>;
}

export interface PolicyRequest {
  readonly kind: RetentionKind;
  /** null: of every project without its own. */
  readonly project: string | null;
  /** null: for ever. */
  readonly days: number | null;
}

export function createRetentionPolicies(deps: {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly audit: AuditLog;
}): RetentionPolicies {
  const { sql, clock, audit } = deps;

  async function write(
    tx: SqlTransaction,
    context: RequestContext,
    request: PolicyRequest,
    changeId?: string,
  ): Promise<void> {
    const { workspace, actor } = context;
    const before = (await listPolicies(tx, workspace)).find(
      (policy) => policy.kind === request.kind && policy.project === request.project,
    );
    if (before !== undefined && before.days === request.days) return;
    await putPolicy(tx, workspace, { ...request, updatedBy: actor.id, updatedAt: clock.now() });
    await record(tx, context, request, { days: request.days, before: before?.days ?? null }, changeId);
  }

  async function record(
    tx: SqlTransaction,
    context: RequestContext,
    { kind, project }: Omit<PolicyRequest, 'days'>,
    details: { days: number | null; before: number | null },
    changeId?: string,
  ): Promise<void> {
    await audit.record(tx, context, {
      action: 'governance.retention.set',
      subject: { kind: 'retention-policy', id: kind },
      details: { project, ...details, ...(changeId === undefined ? {} : { changeId }) },
    });
  }

  return {
    async list(workspace) {
      const stored = await listPolicies(sql, workspace);
      const projects = stored.filter((policy) => policy.project !== null);
      const wide = retentionKinds.map(
        (kind) =>
          stored.find((policy) => policy.kind === kind && policy.project === null) ?? {
            kind,
            project: null,
            days: null,
          },
      );
      return [...wide, ...projects].map(toView);
    },

    async set(context, request) {
      requirePermission(context, 'retention:write');
      checkMinimum(request);
      return await sql.transaction(async (tx) => {
        await refuseShortening(tx, context.workspace, request);
        await write(tx, context, request);
        return await viewOf(tx, context.workspace, request);
      });
    },

    async takeBack(context, request) {
      requirePermission(context, 'retention:write');
      const { workspace } = context;
      const { kind, project } = request;
      return await sql.transaction(async (tx) => {
        const stored = await listPolicies(tx, workspace);
        const before = stored.find((policy) => policy.kind === kind && policy.project === project);
        if (before !== undefined) {
          const rest = stored.filter((policy) => policy !== before);
          await refuseShortening(tx, workspace, { kind, project, days: keptDays(rest, kind, project) });
          await deletePolicy(tx, workspace, kind, project);
          await record(tx, context, request, { days: null, before: before.days });
        }
        return await viewOf(tx, workspace, request);
      });
    },

    async setWithConsent(context, { changeId, ...request }) {
      checkMinimum(request);
      return await sql.transaction(async (tx) => {
        await write(tx, context, request, changeId);
        return await viewOf(tx, context.workspace, request);
      });
    },
  };
}

/** Throws RETENTION_BELOW_MINIMUM, INVALID_REQUEST. */
export function checkMinimum({ kind, project, days }: PolicyRequest): void {
  if (kind === 'change-evidence' && project !== null)
    throw esteiraError('INVALID_REQUEST', {
      problem: 'change-evidence is kept by workspace, not by project',
    });
  const minimum = minimumOf(kind);
  if (minimum !== null && days !== null && days < minimum)
    throw esteiraError('RETENTION_BELOW_MINIMUM', { kind, minimum, days });
}

async function refuseShortening(
  sql: SqlReader,
  workspace: string,
  { kind, project, days }: PolicyRequest,
): Promise<void> {
  if (minimumOf(kind) === null) return;
  const current = keptDays(await listPolicies(sql, workspace), kind, project);
  if (!isShorter(current, days)) return;
  throw esteiraError('RETENTION_NEEDS_CHANGE', {
    kind,
    days: days === null ? 'for ever' : `${days}d`,
    current: current === null ? 'for ever' : `${current}d`,
  });
}

async function viewOf(
  sql: SqlReader,
  workspace: string,
  { kind, project }: Omit<PolicyRequest, 'days'>,
): Promise<RetentionPolicy> {
  const stored = await listPolicies(sql, workspace);
  const own = stored.find((policy) => policy.kind === kind && policy.project === project);
  return toView(own ?? { kind, project, days: keptDays(stored, kind, project) });
}

function toView(policy: PolicyRequest & Partial<StoredPolicy>): RetentionPolicy {
  const { kind, project, days } = policy;
  return {
    kind,
    project,
    days,
    minimumDays: minimumOf(kind),
    updatedBy: policy.updatedBy ?? null,
    updatedAt: policy.updatedAt ?? null,
  };
}

function minimumOf(kind: RetentionKind): number | null {
  return kind in protectedRetention ? protectedRetention[kind as keyof typeof protectedRetention] : null;
}
