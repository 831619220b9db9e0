import type { Values } from '../numeric-values.ts';
import type { Random } from '../random.ts';
import { regularizedGammaUpper } from './gamma-functions.ts';
import { quantileOfSorted } from './histograms.ts';
import { mean, variance } from './moments.ts';
import { countBelow } from './sample.ts';

const TRUSTED_EXCEEDANCES = 10;
const MANY_CELLS = 256;
const UNIFORM_WIDTH = Math.sqrt(12);

/** What a statistic looks like when nothing has changed, from resamples at the window's own size. */
export interface NullDistribution {
  /** The level passed with chance alpha. */
  quantile(alpha: number): number;
  /** P(statistic >= seen). */
  p(seen: number): number;
}

/**
 * From simulated statistics. p is (1 + k) / (1 + B); where fewer than ten resamples reach the seen value, the tail is
 * read from a gamma law of the resamples' mean and variance instead, so that many columns can still be told apart after
 * correction for multiple tests.
 */
export function nullDistribution(simulated: Float64Array): NullDistribution {
  const sorted = Float64Array.from(simulated).sort();
  const center = mean(sorted);
  const spread = variance(sorted);
  return {
    quantile: (alpha) => quantileOfSorted(sorted, 1 - alpha),
    p: (seen) => {
      const reached = sorted.length - countBelow(sorted, seen);
      const counted = (1 + reached) / (1 + sorted.length);
      if (reached >= TRUSTED_EXCEEDANCES || !(spread > 0)) return counted;
      const tail = regularizedGammaUpper((center * center) / spread, (seen * center) / spread);
      return Math.min(counted, tail);
    },
  };
}

/** How many rows the two samples have, and how often both are drawn. */
interface Simulation {
  readonly n: number;
  readonly m: number;
  readonly resamples: number;
}

/** `resamples` values of a statistic of two multinomial samples, of `n` and `m` rows, with common `shares`. */
export function simulateCounts(
  shares: Values,
  { n, m, resamples }: Simulation,
  random: Random,
  statistic: (reference: Float64Array, window: Float64Array) => number,
): Float64Array {
  const simulated = new Float64Array(resamples);
  const reference = new Float64Array(shares.length);
  const window = new Float64Array(shares.length);
  for (let r = 0; r < resamples; r++) {
    drawMultinomial(shares, n, random, reference);
    drawMultinomial(shares, m, random, window);
    simulated[r] = statistic(reference, window);
  }
  return simulated;
}

/**
 * `resamples` Wasserstein-1 distances between samples of `n` and `m` rows of one distribution, given by ascending
 * `values` and their `shares`: sqrt(1/n + 1/m) times the integral of a Brownian bridge's absolute value over the
 * distribution (del Barrio, Giné & Matrán 1999).
 */
export function simulateWasserstein(
  values: Values,
  shares: Values,
  { n, m, resamples }: Simulation,
  random: Random,
): Float64Array {
  const simulated = new Float64Array(resamples);
  const cells = values.length;
  const walk = new Float64Array(cells);
  const scale = Math.sqrt(1 / n + 1 / m);
  const steps = Float64Array.from(shares, Math.sqrt);
  // Over many cells the walk's law does not depend on that of its steps (Donsker): uniform ones are cheaper.
  const step = cells < MANY_CELLS ? random.normal : () => UNIFORM_WIDTH * (random.next() - 0.5);
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    for (let k = 0; k < cells; k++) {
      sum += step() * (steps[k] ?? 0);
      walk[k] = sum;
    }
    let integral = 0;
    let cumulative = 0;
    for (let k = 0; k + 1 < cells; k++) {
      cumulative += shares[k] ?? 0;
      integral += Math.abs((walk[k] ?? 0) - cumulative * sum) * ((values[k + 1] ?? 0) - (values[k] ?? 0));
    }
    simulated[r] = scale * integral;
  }
  return simulated;
}

function drawMultinomial(shares: Values, rows: number, random: Random, into: Float64Array): void {
  let left = rows;
  let mass = 1;
  for (let k = 0; k < shares.length; k++) {
    const share = shares[k] ?? 0;
    const drawn = k === shares.length - 1 ? left : drawBinomial(left, Math.min(1, share / mass), random);
    into[k] = drawn;
    left -= drawn;
    mass = Math.max(mass - share, 1e-300);
  }
}

/** Inversion for few expected successes, the rounded normal for many, where they agree to a fraction of a row. */
function drawBinomial(n: number, p: number, random: Random): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawBinomial(n, 1 - p, random);
  const expected = n * p;
  if (expected > 40) {
    const drawn = Math.round(expected + Math.sqrt(expected * (1 - p)) * random.normal());
    return Math.min(n, Math.max(0, drawn));
  }
  let u = random.next();
  let probability = Math.exp(n * Math.log1p(-p));
  const odds = p / (1 - p);
  let successes = 0;
  while (u > probability && successes < n) {
    u -= probability;
    successes++;
    probability *= (odds * (n - successes + 1)) / successes;
    if (probability < 1e-300) break;
  }
  return successes;
}
