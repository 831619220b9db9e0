import type { JsonValue } from '@esteira/contracts';
import { z } from 'zod';
import type { Jobs } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { EventBus } from '../../storage/events/event-bus.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { canonicalDigest } from '../canonical-digest.ts';
import { requirePermission } from '../identity/require-permission.ts';
import type { Policies } from '../policies/policies.ts';
import { createApplyChange } from './apply-change.ts';
import { insertApproval } from './approval-store.ts';
import type { ChangeKind } from './change-kind.ts';
import { planDifferences, planDigest } from './change-plan.ts';
import { type ChangeRecord, createChangeRecord } from './change-record.ts';
import { endStates, statesInProgress } from './change-state.ts';
import { findChangeAtWork, listOpenChanges, type StoredChange, updateChange } from './change-store.ts';
import { type ChangePage, type ChangeView, listChangeViews, toChangeView } from './change-views.ts';
import type { PeopleBehind } from './people-behind.ts';
import { type PlannedChange, planChange } from './plan-change.ts';

/** Everything risky goes this way: inspect, plan, consent, apply, verify; every step of it on record. */
export interface Changes {
  /** At composition only. */
  registerKind<Subject>(kind: ChangeKind<Subject>): void;
  /** Inspects and plans. Throws CHANGE_KIND_UNKNOWN, INVALID_REQUEST, FORBIDDEN, and what the kind throws. */
  request(context: RequestContext, request: { kind: string; subject: JsonValue }): Promise<ChangeView>;
  /**
   * Asks for a change, or gives the one with the same subject that is under way: whoever asks again is told of the first.
   * Throws as `request`.
   */
  requestOnce(context: RequestContext, request: { kind: string; subject: JsonValue }): Promise<ChangeView>;
  /** Throws CHANGE_NOT_FOUND. */
  get(workspace: string, id: string): Promise<ChangeView>;
  list(workspace: string, page: ChangePage): ReturnType<typeof listChangeViews>;
  /** Throws APPROVAL_STALE, APPROVAL_OF_OWN_CHANGE, APPROVAL_REPEATED, CHANGE_EXPIRED, CHANGE_STATE_CONFLICT. */
  approve(
    context: RequestContext,
    id: string,
    consent: { digest: string; comment: string },
  ): Promise<ChangeView>;
  reject(context: RequestContext, id: string, comment: string): Promise<ChangeView>;
  /**
   * Inspects again; throws CHANGE_PLAN_CHANGED, with the new plan recorded, when something that matters differs.
   * Otherwise starts the job. A change whose job was lost is taken up again.
   */
  apply(context: RequestContext, id: string): Promise<ChangeView>;
  /** Gives the change up; while it is being applied, it stops and is rolled back. */
  cancel(context: RequestContext, id: string): Promise<ChangeView>;
  /** Resolves when the change being applied has come to an end. */
  wait(workspace: string, id: string, signal?: AbortSignal): Promise<ChangeView>;
}

export interface ChangesDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly events: EventBus;
  readonly jobs: Jobs;
  readonly people: PeopleBehind;
  readonly policies: Policies;
  /** How long a plan may be approved and applied, ms; 7 days unless given. */
  readonly planLifetime?: number;
}

const applyJobKind = 'governance.apply-change';
const sevenDays = 7 * 86_400_000;

export function createChanges(deps: ChangesDeps): Changes {
  const { sql, clock, ids, jobs, people } = deps;
  const planLifetime = deps.planLifetime ?? sevenDays;
  const kinds = new Map<string, ChangeKind>();
  const record = createChangeRecord(deps);
  const plan = (context: RequestContext, kind: ChangeKind, subject: JsonValue) =>
    planChange(deps, context, kind, subject);
  const applying = createApplyChange({ ...deps, record, kindOf, replan, plan });
  jobs.register(applyJobKind, applying.handle);
  // A change is applied in one process and may be cancelled in another.
  sql.listen('changes', applying.stop);

  function kindOf(name: string): ChangeKind {
    const kind = kinds.get(name);
    if (kind) return kind;
    throw esteiraError('CHANGE_KIND_UNKNOWN', { kind: name, kinds: [...kinds.keys()].sort().join(', ') });
  }

  async function view(workspace: string, id: string): Promise<ChangeView> {
    return await toChangeView(sql, jobs, await record.load(sql, workspace, id));
  }

  /** Records a new plan in place of the one consented to; consent starts anew. */
  async function replan(
    context: RequestContext,
    change: StoredChange,
    planned: PlannedChange,
    differences: readonly string[],
  ): Promise<StoredChange> {
    const expiresAt = clock.now() + planLifetime;
    const digest = planDigest({ ...change, plan: planned.plan, expiresAt });
    return await sql.transaction(async (tx) => {
      const before = await record.load(tx, change.workspace, change.id);
      const { approvalsRequired } = planned.plan;
      const gatesPassed = planned.plan.gates?.passed ?? true;
      const update = {
        plan: planned.plan,
        authors: planned.authors,
        target: planned.target,
        jobId: null,
        reason: `planned again, because of ${differences.join(', ')}`,
      };
      const event = {
        type: 'replan',
        begun: false,
        digest,
        gatesPassed,
        approvalsRequired,
        expiresAt,
      } as const;
      const moved = await record.move(tx, context, before, event, { update });
      return await record.move(tx, context, moved, { type: 'judge' }, { update: refusalReason(moved) });
    });
  }

  async function decide(
    context: RequestContext,
    id: string,
    decision: { verdict: 'approved' | 'rejected'; digest?: string; comment: string },
  ): Promise<ChangeView> {
    requirePermission(context, 'changes:approve');
    const { workspace, actor } = context;
    const known = await record.load(sql, workspace, id);
    const interested = await record.interested(known);
    const behind = await people.of(workspace, actor.id);
    // The platform works for everybody: its consent would be nobody's.
    if (actor.kind === 'system') throw esteiraError('APPROVAL_OF_OWN_CHANGE', { approver: actor.name });
    await sql.transaction(async (tx) => {
      const change = await record.load(tx, workspace, id);
      const at = clock.now();
      const digest = decision.digest ?? change.digest;
      const { verdict, comment } = decision;
      const approval = {
        changeId: id,
        workspace,
        digest,
        approver: actor.id,
        people: behind,
        decision: verdict,
        comment,
        at,
      };
      const event =
        verdict === 'approved' ? ({ type: 'approve', approval, at } as const) : ({ type: 'reject' } as const);
      const more = { interested, details: { approver: actor.id, comment, digest } };
      const update = verdict === 'rejected' ? { update: { reason: comment } } : {};
      await record.move(tx, context, change, event, { ...more, ...update });
      await insertApproval(tx, approval);
      if (verdict === 'approved') {
        await deps.events.emit(tx, context, 'change.approved', { changeId: id, approver: actor.id });
      }
    });
    return await view(workspace, id);
  }

  /** Enqueues anew where the job of a change in progress has ended without it. */
  async function resume(context: RequestContext, change: StoredChange): Promise<void> {
    const job = change.jobId === null ? undefined : await jobs.find(change.workspace, change.jobId);
    if (job && (job.state === 'queued' || job.state === 'running')) {
      throw esteiraError('CHANGE_STATE_CONFLICT', { state: change.state, verb: 'be applied' });
    }
    await sql.transaction(async (tx) => {
      const before = await record.load(tx, change.workspace, change.id);
      if (before.jobId !== change.jobId || !statesInProgress.includes(before.state)) return;
      await updateChange(tx, { ...before, jobId: await enqueue(tx, context, change.id) });
    });
  }

  function enqueue(
    tx: Parameters<Jobs['enqueue']>[0],
    context: RequestContext,
    changeId: string,
  ): Promise<string> {
    return jobs.enqueue(tx, context, { kind: applyJobKind, payload: { changeId }, maxAttempts: 5 });
  }

  const changes: Changes = {
    registerKind(kind) {
      if (kinds.has(kind.kind)) throw new Error(`Two kinds of change are named ${kind.kind}.`);
      kinds.set(kind.kind, kind as ChangeKind);
    },

    async request(context, { kind: name, subject }) {
      requirePermission(context, 'changes:request');
      const kind = kindOf(name);
      const parsed = kind.subject.safeParse(subject);
      if (!parsed.success)
        throw esteiraError('INVALID_REQUEST', { problem: `subject: ${z.prettifyError(parsed.error)}` });
      const planned = await plan(context, kind, subject);
      const id = ids.next('chg');
      const now = clock.now();
      const base = { id, kind: name, subject, plan: planned.plan, expiresAt: now + planLifetime };
      const change: StoredChange = {
        ...base,
        workspace: context.workspace,
        state: 'planned',
        digest: planDigest(base),
        authors: planned.authors,
        target: planned.target,
        requester: context.actor.id,
        requestedAt: now,
        updatedAt: now,
        jobId: null,
        cancelRequested: false,
        verification: [],
        rollBack: null,
        reason: '',
      };
      await sql.transaction(async (tx) => {
        await record.insert(tx, context, change);
        await record.move(tx, context, change, { type: 'judge' }, { update: refusalReason(change) });
      });
      return await view(context.workspace, id);
    },

    async requestOnce(context, request) {
      requirePermission(context, 'changes:request');
      const digest = canonicalDigest(request.subject);
      const underWay = (await listOpenChanges(sql, context.workspace, request.kind)).find((change) => {
        const stands = statesInProgress.includes(change.state) || clock.now() < change.expiresAt;
        return stands && canonicalDigest(change.subject) === digest;
      });
      return await (underWay === undefined
        ? changes.request(context, request)
        : view(context.workspace, underWay.id));
    },

    get: view,
    list: (workspace, page) => listChangeViews(sql, workspace, page),
    approve: (context, id, { digest, comment }) =>
      decide(context, id, { verdict: 'approved', digest, comment }),
    reject: (context, id, comment) => decide(context, id, { verdict: 'rejected', comment }),

    async apply(context, id) {
      requirePermission(context, 'changes:apply');
      const { workspace } = context;
      const change = await record.load(sql, workspace, id);
      if (statesInProgress.includes(change.state)) {
        await resume(context, change);
        return await view(workspace, id);
      }
      if (change.state !== 'approved') {
        throw esteiraError('CHANGE_STATE_CONFLICT', { state: change.state, verb: 'be applied' });
      }
      if (clock.now() >= change.expiresAt) {
        await sql.transaction(async (tx) => {
          await record.move(tx, context, await record.load(tx, workspace, id), {
            type: 'expire',
            at: clock.now(),
          });
        });
        throw esteiraError('CHANGE_EXPIRED');
      }
      const planned = await plan(context, kindOf(change.kind), change.subject);
      const differences = planDifferences(change.plan, planned.plan);
      if (differences.length > 0) {
        const { digest } = await replan(context, change, planned, differences);
        throw esteiraError('CHANGE_PLAN_CHANGED', { differences: differences.join(', '), digest });
      }
      await sql.transaction(async (tx) => {
        const before = await record.load(tx, workspace, id);
        await refuseWhenBusy(tx, before);
        const jobId = await enqueue(tx, context, id);
        const event = { type: 'begin', digest: change.digest, at: clock.now() } as const;
        await record.move(tx, context, before, event, { update: { jobId }, details: { jobId } });
      });
      return await view(workspace, id);
    },

    async cancel(context, id) {
      requirePermission(context, 'changes:request');
      const { workspace } = context;
      await sql.transaction(async (tx) => {
        const change = await record.load(tx, workspace, id);
        if (change.state !== 'applying' && change.state !== 'verifying') {
          await record.move(tx, context, change, { type: 'cancel' }, { update: { reason: 'cancelled' } });
          return;
        }
        requirePermission(context, 'changes:apply');
        await updateChange(tx, { ...change, cancelRequested: true, updatedAt: clock.now() });
        await deps.audit.record(tx, context, {
          action: 'governance.change.cancel-requested',
          subject: { kind: 'change', id },
          details: { state: change.state },
        });
        tx.announce('changes', id);
      });
      return await view(workspace, id);
    },

    async wait(workspace, id, signal) {
      for (;;) {
        const change = await record.load(sql, workspace, id);
        if (endStates.has(change.state) || change.jobId === null) return await view(workspace, id);
        await jobs.wait(workspace, change.jobId, signal);
        const after = await record.load(sql, workspace, id);
        if (after.jobId === change.jobId) return await view(workspace, id);
      }
    },
  };
  return changes;
}

async function refuseWhenBusy(tx: Parameters<ChangeRecord['load']>[0], change: StoredChange): Promise<void> {
  if (change.target === null) return;
  const other = await findChangeAtWork(tx, change.workspace, change.target, change.id);
  if (other) throw esteiraError('CHANGE_TARGET_BUSY', { other: other.id });
}

function refusalReason(change: { plan: StoredChange['plan']; reason: string }): { reason: string } {
  const failed = change.plan.gates?.rules.filter((rule) => rule.verdict === 'fail') ?? [];
  if (failed.length === 0) return { reason: change.reason };
  return { reason: failed.map((rule) => `${rule.id}: ${rule.reason}. ${rule.todo}`).join('\n') };
}
