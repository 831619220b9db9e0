import type { Values } from '../numeric-values.ts';
import { logBinomial } from './gamma-functions.ts';
import { normalSurvival } from './normal-distribution.ts';
import { pooledRanks } from './ranks.ts';
import { type Alternative, hasNaN, NOT_COMPUTABLE, probability, type TestResult } from './sample.ts';

const SMALL = 8;

/**
 * Mann–Whitney U of the first sample. `exact` counts arrangements (ties ignored), `asymptotic` is normal with tie and
 * continuity correction, `auto` (default) is exact when a side has at most 8 rows and nothing is tied. Not computable
 * for empty samples or NaN.
 */
export function mannWhitney(
  first: Values,
  second: Values,
  options: { alternative?: Alternative; method?: 'auto' | 'exact' | 'asymptotic'; continuity?: boolean } = {},
): TestResult {
  const n1 = first.length;
  const n2 = second.length;
  if (n1 === 0 || n2 === 0 || hasNaN(first) || hasNaN(second)) return NOT_COMPUTABLE;
  const { ranks, tieCubes } = pooledRanks(first, second);
  let rankSum = 0;
  for (let i = 0; i < n1; i++) rankSum += ranks[i] ?? 0;
  const u1 = rankSum - (n1 * (n1 + 1)) / 2;
  const u2 = n1 * n2 - u1;
  const alternative = options.alternative ?? 'two-sided';
  const u = { greater: u1, less: u2, 'two-sided': Math.max(u1, u2) }[alternative];
  const { method = 'auto' } = options;
  const exact = method === 'auto' ? Math.min(n1, n2) <= SMALL && tieCubes === 0 : method === 'exact';
  const tail = exact
    ? exactSurvival(Math.trunc(u), n1, n2)
    : asymptoticSurvival(u, n1, n2, tieCubes, options.continuity ?? true);
  return { statistic: u1, p: probability(alternative === 'two-sided' ? 2 * tail : tail) };
}

function asymptoticSurvival(
  u: number,
  n1: number,
  n2: number,
  tieCubes: number,
  continuity: boolean,
): number {
  const n = n1 + n2;
  const deviation = Math.sqrt(((n1 * n2) / 12) * (n + 1 - tieCubes / (n * (n - 1))));
  return normalSurvival((u - (n1 * n2) / 2 - (continuity ? 0.5 : 0)) / deviation);
}

/**
 * P(U >= u) by the generating function prod (1 - x^(n2 + i)) / (1 - x^i), i = 1 … n1, in doubles: multiplying by one
 * factor and dividing by the next keeps every coefficient a count.
 */
function exactSurvival(u: number, n1: number, n2: number): number {
  const largest = n1 * n2;
  const upTo = largest - u;
  const mirrored = upTo > largest / 2;
  const limit = mirrored ? u - 1 : upTo;
  if (limit < 0) return 1;
  const small = Math.min(n1, n2);
  const large = Math.max(n1, n2);
  const counts = new Float64Array(limit + 1);
  counts[0] = 1;
  for (let i = 1; i <= small; i++) {
    const factor = large + i;
    for (let k = limit; k >= factor; k--) counts[k] = (counts[k] ?? 0) - (counts[k - factor] ?? 0);
    for (let k = i; k <= limit; k++) counts[k] = (counts[k] ?? 0) + (counts[k - i] ?? 0);
  }
  let sum = 0;
  for (const count of counts) sum += count;
  const share = sum * Math.exp(-logBinomial(n1 + n2, n1));
  return mirrored ? 1 - share : share;
}
