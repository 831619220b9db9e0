const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
// B_2k / (2k (2k - 1)), k = 1 … 8: the Stirling series of ln Gamma.
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
const SHIFT_TO = 15;

/** ln Gamma(x) for x > 0: recurrence up to x >= 15, then Stirling's series. */
export function logGamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  let shifted = x;
  let product = 1;
  while (shifted < SHIFT_TO) {
    product *= shifted;
    shifted += 1;
  }
  return (
    (shifted - 0.5) * Math.log(shifted) - shifted + LOG_SQRT_2PI + stirlingTail(shifted) - Math.log(product)
  );
}

/** ln Gamma(x) - [(x - 1/2) ln x - x + ln sqrt(2 pi)], for x >= 15 to full precision. */
function stirlingTail(x: number): number {
  const inverseSquare = 1 / (x * x);
  let sum = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) sum = sum * inverseSquare + (STIRLING[k] ?? 0);
  return sum / x;
}

/** ln of the binomial coefficient C(n, k), 0 <= k <= n. */
export function logBinomial(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/** Regularised upper incomplete gamma function Q(a, x), a > 0, x >= 0 (DLMF 8.7.3 series, 8.9.2 continued fraction). */
export function regularizedGammaUpper(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) return Number.NaN;
  if (x === 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

/** P(X > x) of the chi-square distribution with `df` degrees of freedom. */
export function chiSquareSurvival(x: number, df: number): number {
  if (x <= 0) return 1;
  return regularizedGammaUpper(df / 2, x / 2);
}

/** x with P(X > x) = p of the chi-square distribution, by bisection on the survival function. */
export function chiSquareUpperQuantile(p: number, df: number): number {
  let low = 0;
  let high = Math.max(df, 1);
  while (chiSquareSurvival(high, df) > p) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
    const middle = 0.5 * (low + high);
    if (chiSquareSurvival(middle, df) > p) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; k < 100000; k++) {
    term *= x / (a + k);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return sum * gammaFactor(a, x);
}

function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 100000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + an / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return h * gammaFactor(a, x);
}

// x^a e^-x / Gamma(a). For large a the powers are taken together so that their digits do not cancel.
function gammaFactor(a: number, x: number): number {
  if (a < SHIFT_TO) return Math.exp(a * Math.log(x) - x - logGamma(a));
  const excess = (x - a) / a;
  return Math.sqrt(a / (2 * Math.PI)) * Math.exp(a * (Math.log1p(excess) - excess) - stirlingTail(a));
}
