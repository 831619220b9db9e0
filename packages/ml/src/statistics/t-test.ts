import type { Values } from '../numeric-values.ts';
import { studentQuantile, studentSurvival, studentTwoSided } from './beta-functions.ts';
import { mean, squaredDeviations } from './moments.ts';
import { type Alternative, hasNaN, numberOrNull, type TestResult } from './sample.ts';

export interface TTestResult extends TestResult {
  df: number | null;
  /** Mean of the first sample minus mean of the second. */
  difference: number | null;
  standardError: number | null;
}

/**
 * Two-sample t test of first minus second: Student's with a pooled variance, or Welch's. Not computable for samples
 * too small for a variance, NaN, or no spread and no difference. Without spread but with a difference p is 0.
 */
export function tTest(
  first: Values,
  second: Values,
  options: { equalVariances?: boolean; alternative?: Alternative } = {},
): TTestResult {
  const n1 = first.length;
  const n2 = second.length;
  const none = { statistic: null, p: null, df: null, difference: null, standardError: null };
  if (n1 === 0 || n2 === 0 || hasNaN(first) || hasNaN(second)) return none;
  const squares1 = squaredDeviations(first);
  const squares2 = squaredDeviations(second);
  let df: number;
  let standardError: number;
  if (options.equalVariances === true) {
    df = n1 + n2 - 2;
    standardError = Math.sqrt(((squares1 + squares2) / df) * (1 / n1 + 1 / n2));
  } else {
    const error1 = squares1 / (n1 - 1) / n1;
    const error2 = squares2 / (n2 - 1) / n2;
    df = (error1 + error2) ** 2 / (error1 ** 2 / (n1 - 1) + error2 ** 2 / (n2 - 1));
    if (Number.isNaN(df)) df = 1;
    standardError = Math.sqrt(error1 + error2);
  }
  const difference = mean(first) - mean(second);
  const statistic = difference / standardError;
  if (Number.isNaN(statistic) || !(df > 0))
    return { ...none, df, difference, standardError: numberOrNull(standardError) };
  return {
    statistic,
    p: pOfT(statistic, df, options.alternative ?? 'two-sided'),
    df,
    difference,
    standardError,
  };
}

/** Interval for the difference of means at level 1 - alpha; null when the test is not computable. */
export function tInterval(test: TTestResult, alpha = 0.05): { low: number; high: number } | null {
  if (test.difference === null || test.standardError === null || test.df === null) return null;
  const reach = studentQuantile(1 - alpha / 2, test.df) * test.standardError;
  return { low: test.difference - reach, high: test.difference + reach };
}

function pOfT(t: number, df: number, alternative: Alternative): number {
  if (alternative === 'two-sided') return studentTwoSided(t, df);
  return studentSurvival(alternative === 'greater' ? t : -t, df);
}
