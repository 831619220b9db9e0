import { z } from 'zod';
import { GateReport } from './policies.ts';
import { ById, Digest, Json, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/**
 * planned: inspected, about to be judged. refused: a gate failed. awaiting-approval and approved: consent to this very
 * digest. applying, verifying, rolling-back: in progress. The rest are ends.
 */
export const ChangeState = z.enum([
  'planned',
  'refused',
  'awaiting-approval',
  'approved',
  'rejected',
  'expired',
  'cancelled',
  'applying',
  'verifying',
  'rolling-back',
  'succeeded',
  'rolled-back',
  'failed',
]);
export type ChangeState = z.infer<typeof ChangeState>;

/** What the change is expected to use, and what that costs. */
export const CostEstimate = z.object({
  cpuSeconds: z.number(),
  storageBytes: z.number(),
  amount: z.number(),
  currency: z.string(),
});
export type CostEstimate = z.infer<typeof CostEstimate>;

export const PlannedStep = z.object({ name: z.string(), title: z.string(), details: Json });
export type PlannedStep = z.infer<typeof PlannedStep>;

/** All that is consented to. Approvals are bound to its digest. */
export const ChangePlan = z.object({
  current: Json,
  steps: z.array(PlannedStep),
  gates: GateReport.nullable(),
  cost: CostEstimate,
  blastRadius: z.string(),
  approvalsRequired: z.number().int(),
});
export type ChangePlan = z.infer<typeof ChangePlan>;

/** A step of the plan with its one persisted result. */
export const ChangeStep = PlannedStep.extend({
  state: z.enum(['pending', 'running', 'done', 'failed']),
  result: Json,
  error: z.string().nullable(),
  attempts: z.number().int(),
  startedAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
});

/** A post-condition, measured on the live system. */
export const VerificationCheck = z.object({
  name: z.string(),
  expected: Json,
  measured: Json,
  ok: z.boolean(),
});
export type VerificationCheck = z.infer<typeof VerificationCheck>;

export const ChangeApproval = z.object({
  approver: z.string(),
  digest: Digest,
  decision: z.enum(['approved', 'rejected']),
  /** False when it was given to an earlier plan of this change. */
  current: z.boolean(),
  comment: z.string(),
  at: Timestamp,
});

export const ChangeSummary = z.object({
  id: z.string(),
  kind: z.string(),
  subject: Json,
  state: ChangeState,
  digest: Digest,
  requestedBy: z.string(),
  requestedAt: Timestamp,
  updatedAt: Timestamp,
  /** Until when the plan may be approved and applied. */
  expiresAt: Timestamp,
  approvalsRequired: z.number().int(),
  approvalsGiven: z.number().int(),
});

export const Change = ChangeSummary.extend({
  plan: ChangePlan,
  steps: z.array(ChangeStep),
  approvals: z.array(ChangeApproval),
  progress: z.object({ share: z.number(), message: z.string() }),
  jobId: z.string().nullable(),
  verification: z.array(VerificationCheck),
  rollBack: Json,
  /** Why it was refused, asked again, failed or rolled back. */
  reason: z.string(),
  history: z.array(
    z.object({ from: ChangeState.nullable(), to: ChangeState, actor: z.string(), at: Timestamp }),
  ),
});

const Comment = z.string().max(2000);

export const changesApi = {
  requestChange: route({
    id: 'governance.requestChange',
    method: 'POST',
    path: '/api/v1/changes',
    access: 'changes:request',
    summary:
      'Inspects the present state and plans a change: steps, cost, gates, approvals needed. Nothing is done yet.',
    body: z.strictObject({ kind: z.string().min(1).max(64), subject: Json }),
    response: Change,
    status: 201,
  }),
  changes: route({
    id: 'governance.changes',
    method: 'GET',
    path: '/api/v1/changes',
    access: 'changes:read',
    summary: 'Lists changes, newest first.',
    query: PageQuery.extend({ state: ChangeState.optional(), kind: z.string().max(64).optional() }),
    response: pageOf(ChangeSummary),
  }),
  change: route({
    id: 'governance.change',
    method: 'GET',
    path: '/api/v1/changes/:id',
    access: 'changes:read',
    summary: 'Shows a change with its plan, gates, approvals, steps and verification.',
    params: ById,
    response: Change,
  }),
  approveChange: route({
    id: 'governance.approveChange',
    method: 'POST',
    path: '/api/v1/changes/:id/approve',
    access: 'changes:approve',
    summary: 'Consents to the plan with this digest. The requester cannot.',
    params: ById,
    body: z.strictObject({ digest: Digest, comment: Comment.default('') }),
    response: Change,
  }),
  rejectChange: route({
    id: 'governance.rejectChange',
    method: 'POST',
    path: '/api/v1/changes/:id/reject',
    access: 'changes:approve',
    summary: 'Declines a change for good.',
    params: ById,
    body: z.strictObject({ comment: Comment.default('') }),
    response: Change,
  }),
  applyChange: route({
    id: 'governance.applyChange',
    method: 'POST',
    path: '/api/v1/changes/:id/apply',
    access: 'changes:apply',
    summary:
      'Inspects again and, when nothing that matters differs from the plan, applies it in a durable job.',
    params: ById,
    response: Change,
    status: 202,
  }),
  cancelChange: route({
    id: 'governance.cancelChange',
    method: 'POST',
    path: '/api/v1/changes/:id/cancel',
    access: 'changes:request',
    summary: 'Gives a change up; one that is being applied is rolled back.',
    params: ById,
    response: Change,
  }),
} as const;
