import { requireSameLength, type Values } from '../numeric-values.ts';
import { chiSquareGoodnessOfFit } from './contingency.ts';

const SAMPLE_RATIO_ALARM = 0.001;

/**
 * Do the arms' counts fit the intended ratio? Chi-square with k - 1 degrees of freedom; a mismatch at p < 0.001 means
 * the assignment or the logging is broken. No p with fewer than two arms; not computable without rows or for an arm that
 * was neither meant nor seen.
 */
export function sampleRatioMismatch(
  counts: Values,
  ratio: Values,
): { statistic: number | null; p: number | null; df: number; mismatch: boolean | null } {
  requireSameLength(counts, ratio, 'counts and ratio');
  let rows = 0;
  let shares = 0;
  for (let i = 0; i < counts.length; i++) {
    rows += counts[i] ?? 0;
    shares += ratio[i] ?? 0;
  }
  const df = counts.length - 1;
  if (!(rows > 0) || !(shares > 0)) return { statistic: null, p: null, df, mismatch: null };
  const expected = Float64Array.from(ratio, (share) => (rows * share) / shares);
  const { statistic, p } = chiSquareGoodnessOfFit(counts, expected);
  return { statistic, p, df, mismatch: p === null ? null : p < SAMPLE_RATIO_ALARM };
}
