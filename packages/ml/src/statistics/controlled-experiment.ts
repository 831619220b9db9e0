import { requireSameLength, type Values } from '../numeric-values.ts';
import { mean, squaredDeviations } from './moments.ts';
import { numberOrNull } from './sample.ts';
import { tTest } from './t-test.ts';

export interface CupedResult {
  /** Slope of the outcome on the pre-experiment value over both arms. */
  theta: number | null;
  /** Treatment minus control of the adjusted outcomes, and Welch's test of it. */
  difference: number | null;
  statistic: number | null;
  p: number | null;
  /** Share of the outcome's variance that the adjustment removes. */
  varianceReduction: number | null;
}

/**
 * CUPED (Deng et al. 2013): outcomes adjusted by theta (x - mean x), x known before the experiment. Not computable when
 * x or the outcome has no spread.
 * @throws MlInputError `COLUMN_LENGTH_MISMATCH`
 */
export function cuped(
  control: { before: Values; outcome: Values },
  treatment: { before: Values; outcome: Values },
): CupedResult {
  requireSameLength(control.before, control.outcome, 'control');
  requireSameLength(treatment.before, treatment.outcome, 'treatment');
  const before = Float64Array.from([...Array.from(control.before), ...Array.from(treatment.before)]);
  const outcome = Float64Array.from([...Array.from(control.outcome), ...Array.from(treatment.outcome)]);
  const center = mean(before);
  const outcomeCenter = mean(outcome);
  let cross = 0;
  for (let i = 0; i < before.length; i++)
    cross += ((before[i] ?? 0) - center) * ((outcome[i] ?? 0) - outcomeCenter);
  const theta = cross / squaredDeviations(before);
  const adjusted = outcome.map((value, i) => value - theta * ((before[i] ?? 0) - center));
  const split = control.outcome.length;
  const test = tTest(adjusted.subarray(split), adjusted.subarray(0, split));
  const reduction = 1 - squaredDeviations(adjusted) / squaredDeviations(outcome);
  if (Number.isNaN(theta)) {
    return { theta: null, difference: null, statistic: null, p: null, varianceReduction: null };
  }
  return {
    theta,
    difference: test.difference,
    statistic: test.statistic,
    p: test.p,
    varianceReduction: numberOrNull(reduction),
  };
}
