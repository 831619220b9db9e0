import { logNormalCdf, normalCdf, normalQuantileOfLog } from './normal-distribution.ts';

/**
 * ln(P(a < Z < b)) of the standard normal for a <= b, stable when both ends lie in one tail; -Infinity when
 * the interval is empty.
 */
export function logNormalMass(a: number, b: number): number {
  if (b <= 0) return logDifference(logNormalCdf(b), logNormalCdf(a));
  if (a > 0) return logDifference(logNormalCdf(-a), logNormalCdf(-b));
  return Math.log1p(-normalCdf(a) - normalCdf(-b));
}

/**
 * Quantile of the standard normal truncated to [a, b]: c with P(Z <= c | a <= Z <= b) = q.
 * Both tails are worked from the left, where ln P keeps its digits.
 */
export function truncatedNormalQuantile(q: number, a: number, b: number): number {
  if (q <= 0) return a;
  if (q >= 1) return b;
  const logMass = logNormalMass(a, b);
  const value =
    a < 0
      ? normalQuantileOfLog(logSum(logNormalCdf(a), Math.log(q) + logMass))
      : -normalQuantileOfLog(logSum(logNormalCdf(-b), Math.log1p(-q) + logMass));
  return Math.min(Math.max(value, a), b);
}

function logDifference(logP: number, logQ: number): number {
  if (logP === Number.NEGATIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  return logP + Math.log1p(-Math.exp(logQ - logP));
}

function logSum(logP: number, logQ: number): number {
  const high = Math.max(logP, logQ);
  if (high === Number.NEGATIVE_INFINITY) return high;
  return high + Math.log1p(Math.exp(Math.min(logP, logQ) - high));
}
