import { dayOf } from './cost-estimate.ts';

/** A day on which more was spent than the threshold and the consents given by then allowed. */
export interface CostOverrun {
  readonly day: string;
  /** What had been spent when the limit was passed by the most. */
  readonly amount: number;
  readonly allowed: number;
}

// Amounts are sums of many small products: an excess below this is rounding.
const smallestExcess = 1e-9;

/**
 * Days on which spending ran ahead of consent. Costs of one day are summed, so that a job cut into many pays like the
 * whole; an allowance counts only from the time it was consented to, so that consent after the fact heals nothing.
 */
export function costOverruns(
  costs: readonly { at: number; amount: number }[],
  allowances: readonly { day: string; at: number; amount: number }[],
  thresholdPerDay: number,
): readonly CostOverrun[] {
  const spent = new Map<string, number>();
  const worst = new Map<string, CostOverrun>();
  for (const cost of [...costs].sort((a, b) => a.at - b.at)) {
    const day = dayOf(cost.at);
    const amount = (spent.get(day) ?? 0) + cost.amount;
    spent.set(day, amount);
    let allowed = thresholdPerDay;
    for (const allowance of allowances) {
      if (allowance.day === day && allowance.at <= cost.at) allowed += allowance.amount;
    }
    const before = worst.get(day);
    const excess = amount - allowed;
    if (excess > smallestExcess && excess > (before ? before.amount - before.allowed : 0)) {
      worst.set(day, { day, amount, allowed });
    }
  }
  return [...worst.values()];
}
