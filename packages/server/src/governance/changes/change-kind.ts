import type {
  ChangePlan,
  CostEstimate,
  GateSubject,
  JsonValue,
  PlannedStep,
  VerificationCheck,
} from '@esteira/contracts';
import type { z } from 'zod';
import type { RequestContext } from '../../kernel/actor.ts';

/** What a room offers so that something risky in it can be planned, consented to, applied, verified and undone. */
export interface ChangeKind<Subject = unknown> {
  /** `room.verb`: `serving.promote`. Permanent. */
  readonly kind: string;
  readonly subject: z.ZodType<Subject>;
  /** Reads the present state; changes nothing. Called again before applying. */
  inspect(context: RequestContext, subject: Subject): Promise<Inspection>;
  /** Works out what would be done; changes nothing and gives the same answer for the same state. */
  plan(context: RequestContext, subject: Subject, current: JsonValue): Promise<Draft>;
  /** Does one step and returns its result. It may be called again for a step that was cut off: effects are idempotent. */
  applyStep(run: StepToApply<Subject>): Promise<JsonValue>;
  /** Measures the post-conditions on the live system. Measuring nothing counts as failing. */
  verify(context: RequestContext, change: AppliedChange<Subject>): Promise<readonly VerificationCheck[]>;
  /** Puts back what the steps changed, as far as they came; may be called again. */
  rollBack(context: RequestContext, change: AppliedChange<Subject>): Promise<JsonValue>;
}

export interface Inspection {
  /** What consent rests on: any difference at the time of applying asks for consent again. */
  readonly current: JsonValue;
  /** The deployment that gates protect, with the stage the endpoint really has; absent where no gate applies. */
  readonly gateSubject?: GateSubject;
  /** Identities that made what is changed; they cannot approve it. */
  readonly authors?: readonly string[];
  /** Two changes of one target never run at once; `endpoint:<name>` of the gate subject unless given. */
  readonly target?: string;
}

export interface Draft {
  readonly steps: readonly PlannedStep[];
  readonly cost: CostEstimate;
  /** Who and what is affected, in a sentence. */
  readonly blastRadius: string;
  /** Policies may ask for more. */
  readonly approvalsRequired: number;
}

export interface StepToApply<Subject> {
  readonly context: RequestContext;
  readonly changeId: string;
  readonly subject: Subject;
  readonly step: PlannedStep;
  readonly current: JsonValue;
  /** Results of the steps before, by name. */
  readonly previous: Readonly<Record<string, JsonValue>>;
  /** Aborts when the change is cancelled or the server drains; the step stops soon after, by throwing. */
  readonly signal: AbortSignal;
  progress(share: number, message: string): void;
}

export interface AppliedChange<Subject> {
  readonly id: string;
  readonly subject: Subject;
  readonly plan: ChangePlan;
  /** Results of the finished steps, by name. */
  readonly results: Readonly<Record<string, JsonValue>>;
}
