import { MlInputError } from '../ml-input-error.ts';
import { betaQuantile } from './beta-functions.ts';
import { normalQuantile, normalSurvival } from './normal-distribution.ts';
import { type Alternative, NOT_COMPUTABLE, type TestResult } from './sample.ts';

/**
 * Pooled two-proportion z test of x1/n1 against x2/n2. Not computable for empty samples or when the pooled share is 0
 * or 1.
 * @throws MlInputError `COUNT_OUT_OF_RANGE`
 */
export function twoProportionZ(
  x1: number,
  n1: number,
  x2: number,
  n2: number,
  alternative: Alternative = 'two-sided',
): TestResult {
  requireCount(x1, n1);
  requireCount(x2, n2);
  const pooled = (x1 + x2) / (n1 + n2);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2));
  const statistic = (x1 / n1 - x2 / n2) / deviation;
  if (Number.isNaN(statistic)) return NOT_COMPUTABLE;
  const p =
    alternative === 'two-sided'
      ? 2 * normalSurvival(Math.abs(statistic))
      : normalSurvival(alternative === 'greater' ? statistic : -statistic);
  return { statistic, p };
}

export type ProportionIntervalMethod = 'wilson' | 'clopper-pearson' | 'agresti-coull' | 'normal';

/**
 * Interval for a share from x of n at level 1 - alpha, cut to [0, 1]. With n = 0 null, except for
 * Agresti–Coull, whose added rows give the whole of [0, 1].
 * @throws MlInputError `COUNT_OUT_OF_RANGE`
 */
export function proportionInterval(
  x: number,
  n: number,
  method: ProportionIntervalMethod = 'wilson',
  alpha = 0.05,
): { low: number; high: number } | null {
  requireCount(x, n);
  const z = -normalQuantile(alpha / 2);
  if (n === 0 && method !== 'agresti-coull') return null;
  const share = x / n;
  if (method === 'clopper-pearson') {
    return {
      low: x === 0 ? 0 : betaQuantile(alpha / 2, x, n - x + 1),
      // The upper end from the mirrored lower tail keeps its digits.
      high: x === n ? 1 : 1 - betaQuantile(alpha / 2, n - x, x + 1),
    };
  }
  if (method === 'normal') return around(share, z * Math.sqrt((share * (1 - share)) / n));
  if (method === 'agresti-coull') {
    const rows = n + z * z;
    const center = (x + (z * z) / 2) / rows;
    return around(center, z * Math.sqrt((center * (1 - center)) / rows));
  }
  const scale = 1 + (z * z) / n;
  const center = (share + (z * z) / (2 * n)) / scale;
  return around(center, (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / scale);
}

function around(center: number, reach: number): { low: number; high: number } {
  return { low: Math.min(1, Math.max(0, center - reach)), high: Math.min(1, Math.max(0, center + reach)) };
}

function requireCount(x: number, n: number): void {
  if (!(n >= 0) || !(x >= 0) || x > n) throw new MlInputError('COUNT_OUT_OF_RANGE', `${x} of ${n}`);
}
