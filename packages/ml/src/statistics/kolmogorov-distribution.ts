import { logBinomial, logGamma } from './gamma-functions.ts';

/**
 * P(D_n+ >= d), the one-sided one-sample Kolmogorov–Smirnov statistic (Birnbaum & Tingey 1951). Every term is
 * positive, so the sum keeps its digits in the far tail.
 */
export function smirnovSurvival(n: number, d: number): number {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  let sum = 0;
  const last = Math.floor(n * (1 - d));
  for (let j = 0; j <= last; j++) {
    const up = d + j / n;
    const down = 1 - up;
    if (down < 0) break;
    const power = n - j === 0 ? 0 : (n - j) * Math.log(down);
    sum += Math.exp(logBinomial(n, j) + (j - 1) * Math.log(up) + power);
  }
  return Math.min(1, d * sum);
}

/**
 * P(D_n >= d) of the two-sided one-sample statistic, with the choice of formula by (n, d) of
 * Simard & L'Ecuyer 2011: exact (Durbin's matrix), twice the one-sided tail, or Pelz & Good's expansion.
 */
export function kolmogorovSurvival(n: number, d: number): number {
  if (!(n > 0) || Number.isNaN(d)) return Number.NaN;
  if (d >= 1) return 0;
  const t = n * d;
  if (t <= 0.5) return 1;
  if (t <= 1) return 1 - Math.exp(logGamma(n + 1) - n * Math.log(n) + n * Math.log(2 * t - 1));
  if (t >= n - 1) return 2 * (1 - d) ** n;
  if (d >= 0.5) return 2 * smirnovSurvival(n, d);
  const square = t * d;
  if (n <= 140) return square <= 4 ? clamp(1 - durbinCdf(n, d)) : 2 * smirnovSurvival(n, d);
  if (square >= 370) return 0;
  if (square >= 2.2) return clamp(2 * smirnovSurvival(n, d));
  if (n <= 100000 && n * d ** 1.5 <= 1.4) return clamp(1 - durbinCdf(n, d));
  return clamp(1 - pelzGoodCdf(n, d));
}

function clamp(p: number): number {
  return Math.min(1, Math.max(0, p));
}

/** P(D_n < d) by Durbin's matrix power (Marsaglia, Tsang & Wang 2003), rescaled against overflow. */
function durbinCdf(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const m = 2 * k - 1;
  const h = k - n * d;
  let base = durbinMatrix(m, h);
  let result = identity(m);
  let baseExponent = 0;
  let exponent = 0;
  for (let power = n; power > 0; power = Math.floor(power / 2)) {
    if (power % 2 === 1) {
      result = multiply(result, base, m);
      exponent += baseExponent;
      exponent += rescale(result, m, k);
    }
    base = multiply(base, base, m);
    baseExponent *= 2;
    baseExponent += rescale(base, m, k);
  }
  const center = result[(k - 1) * m + k - 1] ?? 0;
  if (center <= 0) return 0;
  return Math.exp(Math.log(center) + exponent * Math.LN10 + logGamma(n + 1) - n * Math.log(n));
}

function durbinMatrix(m: number, h: number): Float64Array {
  const matrix = new Float64Array(m * m);
  const inverseFactorial = new Float64Array(m + 2);
  inverseFactorial[0] = 1;
  for (let i = 1; i < m + 2; i++) inverseFactorial[i] = (inverseFactorial[i - 1] ?? 0) / i;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      if (i - j + 1 >= 0) matrix[i * m + j] = inverseFactorial[i - j + 1] ?? 0;
    }
  }
  const corner = h > 0.5 ? (2 * h - 1) ** m : 0;
  for (let i = 0; i < m; i++) {
    const edge = (1 - h ** (i + 1)) * (inverseFactorial[i + 1] ?? 0);
    matrix[i * m] = edge;
    matrix[(m - 1) * m + m - 1 - i] = edge;
  }
  matrix[(m - 1) * m] = (1 - 2 * h ** m + corner) * (inverseFactorial[m] ?? 0);
  return matrix;
}

function identity(m: number): Float64Array {
  const matrix = new Float64Array(m * m);
  for (let i = 0; i < m; i++) matrix[i * m + i] = 1;
  return matrix;
}

function multiply(a: Float64Array, b: Float64Array, m: number): Float64Array {
  const product = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < m; l++) {
      const value = a[i * m + l] ?? 0;
      if (value === 0) continue;
      for (let j = 0; j < m; j++) {
        product[i * m + j] = (product[i * m + j] ?? 0) + value * (b[l * m + j] ?? 0);
      }
    }
  }
  return product;
}

// Returns the decimal exponent taken out of the matrix.
function rescale(matrix: Float64Array, m: number, k: number): number {
  const center = matrix[(k - 1) * m + k - 1] ?? 0;
  if (center > 1e140) {
    for (let i = 0; i < matrix.length; i++) matrix[i] = (matrix[i] ?? 0) * 1e-140;
    return 140;
  }
  if (center > 0 && center < 1e-140) {
    for (let i = 0; i < matrix.length; i++) matrix[i] = (matrix[i] ?? 0) * 1e140;
    return -140;
  }
  return 0;
}

/** Pelz & Good 1976: K0 + K1/n^(1/2) + K2/n + K3/n^(3/2) as theta-function sums in z = d sqrt(n). */
function pelzGoodCdf(n: number, d: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const pi2 = Math.PI ** 2;
  if (pi2 / 8 / z2 > 708) return 0;
  let k0 = 0;
  let k1 = 0;
  let k2 = 0;
  let k3 = 0;
  const last = Math.ceil((16 * z) / Math.PI);
  for (let k = last; k >= 1; k--) {
    const m2 = (2 * k - 1) ** 2;
    const weight = Math.exp((-pi2 * m2) / (8 * z2));
    const a = (pi2 / 4) * m2;
    k0 += weight;
    k1 += weight * (a - z2);
    k2 += weight * (6 * z6 + 2 * z4 + a * (2 * z4 - 5 * z2) + a * a * (1 - 2 * z2));
    k3 +=
      weight *
      (a * a * a * (5 - 30 * z2) +
        a * a * (212 * z4 - 60 * z2) +
        a * (135 * z4 - 96 * z6) -
        30 * z6 -
        90 * z4 * z4);
  }
  let extra2 = 0;
  let extra3 = 0;
  for (let k = last; k >= 1; k--) {
    const square = k * k;
    const weight = Math.exp((-pi2 * square) / (2 * z2));
    extra2 += square * weight;
    extra3 += (3 * z2 - pi2 * square) * square * weight;
  }
  const root = Math.sqrt(2 * Math.PI);
  k0 *= root / z;
  k1 *= root / (6 * z4);
  k2 = (k2 * root) / (72 * z6 * z) - (extra2 * pi2 * root) / (36 * z2 * z);
  k3 = (k3 * root) / (6480 * z6 * z4) + (extra3 * pi2 * root) / (216 * z6);
  return k0 + k1 / Math.sqrt(n) + k2 / n + k3 / n ** 1.5;
}
