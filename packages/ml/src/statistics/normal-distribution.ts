const SQRT_HALF = Math.SQRT1_2;
const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

// Chebyshev coefficients, on t in (0, 1], of ln(erfc(z) / t) + z^2 with t = 2 / (2 + z), z >= 0,
// computed from a 60-digit evaluation; truncated where they fall under 1e-17.
const ERFC_CHEBYSHEV = [
  -1.3026537197817094, 0.6419697923564903, 0.019476473204185836, -0.009561514786808632,
  -0.0009465953444820369, 0.00036683949785276145, 4.252332480690777e-5, -2.0278578112534242e-5,
  -1.624290004647025e-6, 1.3036558355805232e-6, 1.5626441722066142e-8, -8.523809591492654e-8,
  6.529054439098852e-9, 5.059343495551469e-9, -9.91364156493033e-10, -2.2736512229318357e-10,
  9.646791102015526e-11, 2.394038083039115e-12, -6.886027526497553e-12, 8.944879273090726e-13,
  3.130921399342958e-13, -1.1270822361367252e-13, 3.810905255189232e-16, 7.106097613609237e-15,
  -1.5230282014571043e-15, -9.4574945712913e-17, 1.210237189224279e-16, -2.816663087747177e-17,
];

/** ln erfc(z) for z >= 0, without underflow. */
function logErfcPositive(z: number): number {
  const t = 2 / (2 + z);
  const twoU = 4 * t - 2;
  let d = 0;
  let dd = 0;
  for (let j = ERFC_CHEBYSHEV.length - 1; j > 0; j--) {
    const held = d;
    d = twoU * d - dd + (ERFC_CHEBYSHEV[j] ?? 0);
    dd = held;
  }
  return Math.log(t) - z * z + 0.5 * ((ERFC_CHEBYSHEV[0] ?? 0) + twoU * d) - dd;
}

/** Complementary error function, relative error about 1e-15 for moderate arguments. */
export function erfc(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  return z >= 0 ? Math.exp(logErfcPositive(z)) : 2 - Math.exp(logErfcPositive(-z));
}

/** P(Z <= x) of the standard normal. */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x * SQRT_HALF);
}

/** P(Z > x) of the standard normal, accurate in the right tail. */
export function normalSurvival(x: number): number {
  return 0.5 * erfc(x * SQRT_HALF);
}

/** ln P(Z <= x), accurate in both tails. */
export function logNormalCdf(x: number): number {
  if (x === Number.NEGATIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return 0;
  if (x > 0) return Math.log1p(-0.5 * Math.exp(logErfcPositive(x * SQRT_HALF)));
  return logErfcPositive(-x * SQRT_HALF) - Math.LN2;
}

/** ln of the standard normal density. */
function logNormalPdf(x: number): number {
  return -0.5 * x * x - LOG_SQRT_2PI;
}

/** x with P(Z <= x) = p; -Infinity at 0, Infinity at 1, NaN outside [0, 1]. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  return p <= 0.5 ? normalQuantileOfLog(Math.log(p)) : -normalQuantileOfLog(Math.log1p(-p));
}

/**
 * x with ln P(Z <= x) = logP, by Newton's method on the logarithm, which is concave and therefore safe from
 * the left tail to the right one.
 */
export function normalQuantileOfLog(logP: number): number {
  if (logP === 0) return Number.POSITIVE_INFINITY;
  if (logP === Number.NEGATIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  if (logP > -Math.LN2) return -normalQuantileOfLog(Math.log(-Math.expm1(logP)));
  let x =
    logP < -5
      ? -Math.sqrt(Math.max(-2 * (logP + LOG_SQRT_2PI), 1))
      : -(Math.sqrt(3) / Math.PI) * Math.log(Math.expm1(-logP));
  for (let i = 0; i < 60; i++) {
    const logCdf = logNormalCdf(x);
    const step = (logCdf - logP) * Math.exp(logCdf - logNormalPdf(x));
    x -= step;
    if (Math.abs(step) <= 1e-15 * Math.abs(x) + 1e-300) break;
  }
  return x;
}
