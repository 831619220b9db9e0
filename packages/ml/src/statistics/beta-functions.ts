import { logGamma } from './gamma-functions.ts';

/** Regularised incomplete beta function I_x(a, b) (continued fraction, DLMF 8.17.22). */
export function regularizedBeta(x: number, a: number, b: number): number {
  if (!(a > 0) || !(b > 0) || Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaTail(1 - x, b, a);
  return betaTail(x, a, b);
}

function betaTail(x: number, a: number, b: number): number {
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  return (Math.exp(logFront) * betaFraction(x, a, b)) / a;
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / clampAway(1 - ((a + b) * x) / (a + 1), tiny);
  let h = d;
  for (let m = 1; m < 200000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / clampAway(1 + even * d, tiny);
    c = clampAway(1 + even / c, tiny);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / clampAway(1 + odd * d, tiny);
    c = clampAway(1 + odd / c, tiny);
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return h;
}

function clampAway(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** x with I_x(a, b) = p, by bisection polished with Newton's method. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return 0;
  if (p === 1) return 1;
  let low = 0;
  let high = 1;
  for (let i = 0; i < 1100 && high - low > 4e-16 * high; i++) {
    const middle = 0.5 * (low + high);
    if (regularizedBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

/** P(|T| > |t|) of Student's t with `df` degrees of freedom. */
export function studentTwoSided(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return Number.NaN;
  if (!Number.isFinite(t)) return 0;
  const x = df / (df + t * t);
  return x > 0.5 ? 1 - regularizedBeta((t * t) / (df + t * t), 0.5, df / 2) : regularizedBeta(x, df / 2, 0.5);
}

/** P(T > t) of Student's t. */
export function studentSurvival(t: number, df: number): number {
  const tail = 0.5 * studentTwoSided(t, df);
  return t >= 0 ? tail : 1 - tail;
}

/** t with P(T <= t) = p of Student's t. */
export function studentQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  const tail = p < 0.5 ? p : 1 - p;
  const x = betaQuantile(2 * tail, df / 2, 0.5);
  const t = Math.sqrt((df * (1 - x)) / x);
  return p < 0.5 ? -t : t;
}
