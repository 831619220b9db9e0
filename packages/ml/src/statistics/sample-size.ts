import { MlInputError } from '../ml-input-error.ts';
import { studentQuantile } from './beta-functions.ts';
import { brentRoot } from './brent-root.ts';
import { logGamma } from './gamma-functions.ts';
import { normalCdf, normalQuantile } from './normal-distribution.ts';

const ROWS_TOLERANCE = 1e-5;

/** Cohen's h of two shares: the difference of their arcsine-transformed values, second minus first. */
export function cohensH(p1: number, p2: number): number {
  for (const p of [p1, p2]) {
    if (!(p >= 0 && p <= 1)) throw new MlInputError('PROBABILITY_OUT_OF_RANGE', `a share is ${p}`);
  }
  return 2 * (Math.asin(Math.sqrt(p2)) - Math.asin(Math.sqrt(p1)));
}

/**
 * Rows per arm for a two-sided z test to find the effect `size` (Cohen's h or d) with `power`; null when the effect is
 * zero.
 * @throws MlInputError `ALPHA_OUT_OF_RANGE`, `POWER_OUT_OF_RANGE`
 */
export function sampleSizeForZ(size: number, alpha: number, power: number): number | null {
  requireDesign(alpha, power);
  if (size === 0 || !Number.isFinite(size)) return null;
  const cut = -normalQuantile(alpha / 2);
  const powerAt = (n: number): number => {
    const shift = Math.abs(size) * Math.sqrt(n / 2);
    return normalCdf(shift - cut) + normalCdf(-shift - cut);
  };
  return solveRows(powerAt, power);
}

/** Rows per arm for a two-sided Student's t test of two means to find Cohen's d with `power`; null when d is zero. */
export function sampleSizeForT(cohensD: number, alpha: number, power: number): number | null {
  requireDesign(alpha, power);
  if (cohensD === 0 || !Number.isFinite(cohensD)) return null;
  const powerAt = (n: number): number => {
    const df = 2 * n - 2;
    if (df <= 0) return 0;
    const cut = studentQuantile(1 - alpha / 2, df);
    const shift = Math.abs(cohensD) * Math.sqrt(n / 2);
    return noncentralTOutside(cut, df, shift);
  };
  return solveRows(powerAt, power);
}

/** P(|T| > cut) of the noncentral t: the normal tail averaged over the chi law of the deviation, by Simpson's rule. */
function noncentralTOutside(cut: number, df: number, shift: number): number {
  // s = sqrt(chi2_df / df) has density 2 (df/2)^(df/2) / Gamma(df/2) s^(df-1) exp(-df s^2 / 2).
  const logFront = Math.LN2 + (df / 2) * Math.log(df / 2) - logGamma(df / 2);
  const spread = 1 / Math.sqrt(2 * df);
  const from = Math.max(0, 1 - 12 * spread);
  const to = 1 + 14 * spread + 8 / df;
  const steps = 4000;
  const width = (to - from) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const s = from + i * width;
    if (s === 0 && df > 1) continue;
    const density = Math.exp(logFront + (df - 1) * Math.log(s) - (df * s * s) / 2);
    const outside = normalCdf(shift - cut * s) + normalCdf(-shift - cut * s);
    sum += simpsonWeight(i, steps) * density * outside;
  }
  return (sum * width) / 3;
}

function simpsonWeight(point: number, steps: number): number {
  if (point === 0 || point === steps) return 1;
  return point % 2 === 1 ? 4 : 2;
}

// To 1e-5 rows, from brackets [2, 50], [50, 500], …: the search of the usual power calculators, whose answers it equals.
function solveRows(powerAt: (n: number) => number, power: number): number {
  const missing = (n: number): number => powerAt(n) - power;
  if (missing(2) >= 0) return brentRoot(missing, 1 + 1e-9, 2, ROWS_TOLERANCE) || 2;
  let low = 2;
  let high = 50;
  while (missing(high) < 0 && high < 1e15) {
    low = high;
    high *= 10;
  }
  return brentRoot(missing, low, high, ROWS_TOLERANCE);
}

function requireDesign(alpha: number, power: number): void {
  if (!(alpha > 0 && alpha < 1)) throw new MlInputError('ALPHA_OUT_OF_RANGE', `alpha is ${alpha}`);
  if (!(power > alpha && power < 1)) throw new MlInputError('POWER_OUT_OF_RANGE', `power is ${power}`);
}
