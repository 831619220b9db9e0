import { z } from 'zod';
import { ById, Digest, Json, Name, Timestamp } from './primitives.ts';
import { route } from './route.ts';

export const Stage = z.enum(['development', 'staging', 'production']);
export type Stage = z.infer<typeof Stage>;

/** When a rule is judged: with the plan of a change, or just before a version is given all the traffic. */
export const GateMoment = z.enum(['plan', 'full-traffic']);
export type GateMoment = z.infer<typeof GateMoment>;

/** What gates protect: a model version that is to answer at an endpoint of a stage. */
export const GateSubject = z.object({
  kind: z.literal('deployment'),
  project: Name,
  model: Name,
  modelVersionId: z.string().min(1).max(128),
  endpoint: Name,
  stage: Stage,
});
export type GateSubject = z.infer<typeof GateSubject>;

export const GateVerdict = z.enum(['pass', 'fail', 'not-applicable', 'waived']);

/** One rule's answer: the evidence it read, why it answered so and, where it failed, what to do. */
export const GateRuleReport = z.object({
  id: z.string(),
  title: z.string(),
  verdict: GateVerdict,
  evidence: Json,
  reason: z.string(),
  todo: z.string(),
  waiver: z.string().optional(),
});
export type GateRuleReport = z.infer<typeof GateRuleReport>;

/** `digest` names the exact set of rules that judged. */
export const GateReport = z.object({
  policy: z.string(),
  digest: Digest,
  moment: GateMoment,
  passed: z.boolean(),
  rules: z.array(GateRuleReport),
});
export type GateReport = z.infer<typeof GateReport>;

const Expression = z.string().min(1).max(4000);
const Template = z.string().min(1).max(2000);

/**
 * A rule as data. Expressions are CEL over the evidence named in `evidence`, `subject`, `parameters` and `now` (ms);
 * `{{ expression }}` in a text is replaced by its value.
 */
export const PolicyRule = z.strictObject({
  id: z.string().regex(/^[A-Z][A-Z0-9-]{1,31}$/, 'capital letters, digits and dashes'),
  title: z.string().min(1).max(200),
  stages: z.array(Stage).min(1),
  moment: GateMoment.default('plan'),
  evidence: z.array(z.string().regex(/^[a-z][A-Za-z0-9]*$/)).min(1),
  /** Numbers that a workspace may tighten, and in which direction tighter lies. */
  parameters: z
    .record(
      z.string().regex(/^[a-z][A-Za-z0-9]*$/),
      z.strictObject({ value: z.number(), tighter: z.enum(['lower', 'higher']) }),
    )
    .default({}),
  /** When it is false the rule does not apply. */
  applies: Expression.optional(),
  /** Every one must hold; `else` says what is wrong when it does not. */
  pass: z.array(z.strictObject({ that: Expression, else: Template })).min(1),
  /** What was found, when the rule passes. */
  reason: Template,
  /** What to do when it fails. */
  todo: Template,
});
export type PolicyRule = z.infer<typeof PolicyRule>;

/** What a workspace lays over the default pack. It can add and tighten; it cannot loosen production. */
export const PolicyOverlay = z.strictObject({
  rules: z.array(PolicyRule).max(200).default([]),
  tightened: z
    .array(z.strictObject({ rule: z.string(), parameter: z.string(), value: z.number() }))
    .max(200)
    .default([]),
  disabled: z
    .array(
      z.strictObject({
        rule: z.string(),
        stages: z.array(Stage).min(1),
        reason: z.string().min(10).max(1000),
      }),
    )
    .max(200)
    .default([]),
  /** Approvals a deployment needs at least; can only be more than the default pack asks. */
  approvals: z.partialRecord(Stage, z.number().int().min(0).max(10)).default({}),
});
export type PolicyOverlay = z.infer<typeof PolicyOverlay>;

const EffectivePolicies = z.object({
  policy: z.string(),
  digest: Digest,
  overlayVersion: z.number().int(),
  overlay: PolicyOverlay,
  approvals: z.record(Stage, z.number().int()),
  rules: z.array(
    PolicyRule.extend({ source: z.enum(['default', 'workspace']), disabledStages: z.array(Stage) }),
  ),
});

export const WaiverState = z.enum(['requested', 'approved', 'rejected', 'revoked', 'expired']);

/** A recorded exception: one rule, one subject, until a date, consented to by somebody else. */
export const Waiver = z.object({
  id: z.string(),
  rule: z.string(),
  project: Name,
  endpoint: Name,
  modelVersionId: z.string().nullable(),
  reason: z.string(),
  state: WaiverState,
  requestedBy: z.string(),
  requestedAt: Timestamp,
  decidedBy: z.string().nullable(),
  decidedAt: Timestamp.nullable(),
  comment: z.string(),
  expiresAt: Timestamp,
});

const Comment = z.string().max(2000);

export const policiesApi = {
  evaluateGates: route({
    id: 'governance.evaluateGates',
    method: 'POST',
    path: '/api/v1/gates/evaluate',
    access: 'policies:read',
    summary: 'Judges a deployment by the policies in force, without changing anything.',
    body: z.strictObject({ subject: GateSubject, moment: GateMoment.default('plan') }),
    response: GateReport,
  }),
  effectivePolicies: route({
    id: 'governance.effectivePolicies',
    method: 'GET',
    path: '/api/v1/policies/effective',
    access: 'policies:read',
    summary: 'Shows the default pack with the overlay of this workspace applied.',
    response: EffectivePolicies,
  }),
  putPolicies: route({
    id: 'governance.putPolicies',
    method: 'PUT',
    path: '/api/v1/policies',
    access: 'policies:write',
    summary:
      'Replaces the overlay of this workspace: own rules, tightened limits, rules disabled outside production.',
    body: PolicyOverlay,
    response: EffectivePolicies,
  }),
  requestWaiver: route({
    id: 'governance.requestWaiver',
    method: 'POST',
    path: '/api/v1/waivers',
    access: 'changes:request',
    summary: 'Asks for an exception from one rule for one endpoint, with a reason and an end.',
    body: z.strictObject({
      rule: z.string().min(1).max(32),
      project: Name,
      endpoint: Name,
      /** Only this version; any version when absent. */
      modelVersionId: z.string().min(1).max(128).optional(),
      reason: z.string().min(10).max(2000),
      /** At most 90 days ahead. */
      expiresAt: Timestamp,
    }),
    response: Waiver,
    status: 201,
  }),
  waivers: route({
    id: 'governance.waivers',
    method: 'GET',
    path: '/api/v1/waivers',
    access: 'policies:read',
    summary: 'Lists waivers, newest first.',
    query: z.object({ project: Name.optional() }),
    response: z.object({ items: z.array(Waiver) }),
  }),
  approveWaiver: route({
    id: 'governance.approveWaiver',
    method: 'POST',
    path: '/api/v1/waivers/:id/approve',
    access: 'changes:approve',
    summary: 'Consents to a waiver that somebody else asked for.',
    params: ById,
    body: z.strictObject({ comment: Comment.default('') }),
    response: Waiver,
  }),
  rejectWaiver: route({
    id: 'governance.rejectWaiver',
    method: 'POST',
    path: '/api/v1/waivers/:id/reject',
    access: 'changes:approve',
    summary: 'Declines a requested waiver, or ends an approved one early.',
    params: ById,
    body: z.strictObject({ comment: Comment.default('') }),
    response: Waiver,
  }),
} as const;
