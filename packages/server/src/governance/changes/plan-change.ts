import type { ChangePlan, JsonValue } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Policies } from '../policies/policies.ts';
import type { ChangeKind } from './change-kind.ts';

/** What looking at the present state gave. */
export interface PlannedChange {
  readonly plan: ChangePlan;
  readonly authors: readonly string[];
  readonly target: string | null;
}

/** Inspects and plans, judging the gates where a deployment is concerned. Changes nothing. */
export async function planChange(
  deps: { policies: Policies },
  context: RequestContext,
  kind: ChangeKind,
  subject: JsonValue,
): Promise<PlannedChange> {
  const parsed = kind.subject.parse(subject);
  const { current, gateSubject, authors, target } = await kind.inspect(context, parsed);
  const draft = await kind.plan(context, parsed, current);
  const gates = gateSubject ? await deps.policies.evaluate(context, gateSubject, 'plan') : null;
  const asked = gateSubject ? await deps.policies.approvalsFor(context.workspace, gateSubject.stage) : 0;
  const names = new Set(draft.steps.map((step) => step.name));
  if (names.size < draft.steps.length) throw new Error(`Two steps of a ${kind.kind} have the same name.`);
  return {
    plan: {
      current,
      steps: [...draft.steps],
      gates,
      cost: draft.cost,
      blastRadius: draft.blastRadius,
      approvalsRequired: Math.max(draft.approvalsRequired, asked),
    },
    authors: authors ?? [],
    target: target ?? (gateSubject ? `endpoint:${gateSubject.endpoint}` : null),
  };
}
