const RECENT = 25;
const LARGEST_BELOW = 25;

/**
 * Weights of n observations in trial order: all 1 up to 24, then a ramp from 1/n over the oldest and 1 for the
 * newest 25.
 */
export function defaultWeights(n: number): Float64Array {
  const weights = new Float64Array(n).fill(1);
  if (n < RECENT) return weights;
  const ramp = n - RECENT;
  const start = 1 / n;
  const step = ramp > 1 ? (1 - start) / (ramp - 1) : 0;
  for (let i = 0; i < ramp; i++) weights[i] = i > 0 && i === ramp - 1 ? 1 : start + i * step;
  return weights;
}

/** How many of n finished trials count as good: a tenth, rounded up, at most 25. */
export function defaultGamma(n: number): number {
  return Math.min(Math.ceil(0.1 * n), LARGEST_BELOW);
}
