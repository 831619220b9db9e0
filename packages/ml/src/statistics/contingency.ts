import { requireSameLength, type Values } from '../numeric-values.ts';
import { chiSquareSurvival } from './gamma-functions.ts';
import { NOT_COMPUTABLE, type TestResult } from './sample.ts';

export interface ContingencyResult extends TestResult {
  /** Degrees of freedom: kept categories minus one. */
  df: number | null;
  /** Expected counts under one common distribution, a row per sample. */
  expected: readonly [number[], number[]] | null;
}

const REFUSED: ContingencyResult = { ...NOT_COMPUTABLE, df: null, expected: null };

/**
 * Two-sample chi-square (or log-likelihood G) test of a 2 x k table of counts. Categories absent from both samples
 * are left out. `yates` applies the continuity correction when df = 1. Not computable when a sample is empty.
 */
export function chiSquareContingency(
  first: Values,
  second: Values,
  options: { yates?: boolean; statistic?: 'pearson' | 'log-likelihood' } = {},
): ContingencyResult {
  requireSameLength(first, second, 'first and second');
  const table = presentCategories(first, second);
  const rowTotals = [sum(table[0]), sum(table[1])] as const;
  const total = rowTotals[0] + rowTotals[1];
  if (!(rowTotals[0] > 0) || !(rowTotals[1] > 0) || !Number.isFinite(total)) return REFUSED;
  if (table[0].some((count) => count < 0) || table[1].some((count) => count < 0)) return REFUSED;
  const columns = table[0].length;
  const expected: [number[], number[]] = [[], []];
  for (let j = 0; j < columns; j++) {
    const column = (table[0][j] ?? 0) + (table[1][j] ?? 0);
    expected[0].push((rowTotals[0] * column) / total);
    expected[1].push((rowTotals[1] * column) / total);
  }
  const df = columns - 1;
  if (df === 0) return { statistic: 0, p: 1, df, expected };
  let statistic = 0;
  for (const row of [0, 1] as const) {
    for (let j = 0; j < columns; j++) {
      const want = expected[row][j] ?? 0;
      const seen =
        options.yates === true && df === 1 ? pullTowards(table[row][j] ?? 0, want) : (table[row][j] ?? 0);
      if (options.statistic !== 'log-likelihood') statistic += (seen - want) ** 2 / want;
      else if (seen !== 0) statistic += 2 * seen * Math.log(seen / want);
    }
  }
  return { statistic, p: chiSquareSurvival(statistic, df), df, expected };
}

/**
 * Goodness of fit of `observed` against `expected` counts (Pearson). The statistic is Infinity where something is
 * observed that was not expected; not computable when a category is neither.
 */
export function chiSquareGoodnessOfFit(observed: Values, expected: Values): TestResult {
  requireSameLength(observed, expected, 'observed and expected');
  let statistic = 0;
  for (let i = 0; i < observed.length; i++) {
    const want = expected[i] ?? 0;
    statistic += ((observed[i] ?? 0) - want) ** 2 / want;
  }
  if (Number.isNaN(statistic)) return NOT_COMPUTABLE;
  return { statistic, p: observed.length <= 1 ? null : chiSquareSurvival(statistic, observed.length - 1) };
}

export type AssociationMethod = 'cramer' | 'tschuprow' | 'pearson' | 'cramer-bias-corrected';

/** Strength of association of a 2 x k table from its chi-square; the bias correction is Bergsma's (2013). */
export function association(first: Values, second: Values, method: AssociationMethod): number | null {
  const test = chiSquareContingency(first, second);
  if (test.statistic === null || test.df === null) return null;
  const n = sum(Array.from(first)) + sum(Array.from(second));
  const columns = test.df + 1;
  const phi2 = test.statistic / n;
  if (method === 'pearson') return Math.sqrt(phi2 / (1 + phi2));
  if (columns < 2) return null;
  if (method === 'cramer') return Math.sqrt(phi2 / Math.min(columns - 1, 1));
  if (method === 'tschuprow') return Math.sqrt(phi2 / Math.sqrt(columns - 1));
  const corrected = Math.max(0, phi2 - (columns - 1) / (n - 1));
  const wide = columns - (columns - 1) ** 2 / (n - 1);
  const high = 2 - 1 / (n - 1);
  const smaller = Math.min(wide - 1, high - 1);
  return smaller > 0 ? Math.sqrt(corrected / smaller) : null;
}

function presentCategories(first: Values, second: Values): [number[], number[]] {
  const kept: [number[], number[]] = [[], []];
  for (let j = 0; j < first.length; j++) {
    const a = first[j] ?? 0;
    const b = second[j] ?? 0;
    if (a === 0 && b === 0) continue;
    kept[0].push(a);
    kept[1].push(b);
  }
  return kept;
}

// Yates: half a count towards the expectation, never past it.
function pullTowards(seen: number, want: number): number {
  const gap = want - seen;
  return seen + Math.sign(gap) * Math.min(0.5, Math.abs(gap));
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
