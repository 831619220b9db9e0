import { z } from 'zod';
import { EndpointStage } from './endpoint-stage.ts';
import { Name, Timestamp } from './primitives.ts';

/** What may be asked of a rollout: how much traffic each step must see, and how long it may take. */
export const RolloutPlan = z.strictObject({
  /** Copied requests before any answer of the candidate reaches a caller; 0 leaves the step out. */
  shadowRequests: z.number().int().min(0).max(1_000_000).default(200),
  canaryShares: z.array(z.number().gt(0).lt(1)).max(10).default([0.05, 0.25, 0.5]),
  /** Rows that the canary must answer at each share. */
  requestsPerStep: z.number().int().min(10).max(1_000_000).default(200),
  /** Longest time for one step; then the rollout is taken back. */
  maxMinutes: z
    .number()
    .positive()
    .max(7 * 24 * 60)
    .default(60),
});
export type RolloutPlan = z.infer<typeof RolloutPlan>;

export const PromoteSubject = z.strictObject({
  endpoint: Name,
  modelVersionId: z.string().min(1),
  /** What the requester believes; the endpoint's own stage decides, and a difference is refused. */
  stage: EndpointStage.optional(),
  rollout: RolloutPlan.prefault({}),
});
export type PromoteSubject = z.infer<typeof PromoteSubject>;

export const RollbackSubject = z.strictObject({ endpoint: Name });
export type RollbackSubject = z.infer<typeof RollbackSubject>;

/** The comparison of one step of a rollout, with the numbers that decided it. */
export const ArmComparison = z.object({
  step: z.string(),
  at: Timestamp,
  candidate: z.object({
    rows: z.number().int(),
    units: z.number().int(),
    errors: z.number().int(),
    p95Ms: z.number().nullable(),
    meanScore: z.number().nullable(),
  }),
  control: z.object({
    rows: z.number().int(),
    units: z.number().int(),
    errors: z.number().int(),
    p95Ms: z.number().nullable(),
    meanScore: z.number().nullable(),
  }),
  /** Chi-square p of the split; null for a shadow. */
  srmP: z.number().nullable(),
  /**
   * Wasserstein distance between the candidate's scores and the control's: in units of probability for a classifier, in
   * standard deviations of the control for a regression; null where the control is no model.
   */
  scoreShift: z.number().nullable(),
  verdict: z.enum(['promote', 'hold', 'roll-back']),
  reasons: z.array(z.string()),
});
export type ArmComparison = z.infer<typeof ArmComparison>;

export const Rollout = z.object({
  changeId: z.string(),
  endpoint: Name,
  modelVersionId: z.string(),
  against: z.enum(['version', 'fallback', 'nothing']),
  formerVersionId: z.string().nullable(),
  outcome: z.enum(['running', 'promote', 'roll-back', 'inconclusive']),
  comparisons: z.array(ArmComparison),
  startedAt: Timestamp,
  updatedAt: Timestamp,
});
export type Rollout = z.infer<typeof Rollout>;
