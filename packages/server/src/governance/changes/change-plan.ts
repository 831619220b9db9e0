import type { ChangePlan, GateReport, JsonValue } from '@esteira/contracts';
import { canonicalDigest } from '../canonical-digest.ts';

/**
 * The digest that consent is bound to: the change, its subject, the present state, steps, cost, verdicts and the policies
 * that gave them. It is new with every planning, because the plan's end is part of it. Not the words and numbers of the
 * evidence: a benchmark repeated with the same verdict is no other plan.
 */
export function planDigest(change: {
  id: string;
  kind: string;
  subject: JsonValue;
  expiresAt: number;
  plan: ChangePlan;
}) {
  const { id, kind, subject, expiresAt, plan } = change;
  const { current, steps, cost, blastRadius, approvalsRequired } = plan;
  const gates = judgement(plan.gates);
  return canonicalDigest({
    id,
    kind,
    subject,
    expiresAt,
    current,
    steps,
    cost,
    blastRadius,
    approvalsRequired,
    gates,
  });
}

/** In the currency of the ledger: nobody consents to a cent. */
const smallAmount = 0.01;

/** What matters and is no longer as consented to, in words; empty when the plan still holds. */
export function planDifferences(consented: ChangePlan, now: ChangePlan): readonly string[] {
  const differences: string[] = [];
  if (!same(consented.current, now.current)) differences.push('the present state');
  if (!same(consented.steps, now.steps)) differences.push('the steps');
  if (consented.blastRadius !== now.blastRadius) differences.push('who is affected');
  if (consented.approvalsRequired !== now.approvalsRequired) differences.push('the approvals required');
  if (consented.gates?.digest !== now.gates?.digest) differences.push('the policies');
  const before = new Map(consented.gates?.rules.map((rule) => [rule.id, rule.verdict]));
  for (const rule of now.gates?.rules ?? []) {
    const verdict = before.get(rule.id);
    if (verdict !== rule.verdict)
      differences.push(`rule ${rule.id} (${verdict ?? 'new'}, now ${rule.verdict})`);
  }
  // Estimates move a little with what was last measured. Cheaper is no reason to ask, nor are small sums; a tenth more is.
  const { cost } = consented;
  if (now.cost.amount > cost.amount * 1.1 + smallAmount || now.cost.currency !== cost.currency)
    differences.push('the cost');
  return differences;
}

function judgement(gates: GateReport | null): JsonValue {
  if (gates === null) return null;
  return {
    policy: gates.policy,
    digest: gates.digest,
    rules: gates.rules.map(({ id, verdict }) => ({ id, verdict })),
  };
}

function same(one: JsonValue, other: JsonValue): boolean {
  return canonicalDigest(one) === canonicalDigest(other);
}
