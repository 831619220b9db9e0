import { networkArgsort } from '../metrics/network-argsort.ts';
import { MlInputError } from '../ml-input-error.ts';
import type { Values } from '../numeric-values.ts';
import type { Random } from '../random.ts';
import { pairwiseSum } from '../statistics/moments.ts';
import { logNormalMass, truncatedNormalQuantile } from '../statistics/truncated-normal.ts';
import { defaultWeights } from './default-weights.ts';
import { type ParameterDistribution, type SearchSpace, stepOf } from './search-space.ts';

const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
const SMALLEST_SIGMA = 1e-12;

export interface ParzenOptions {
  /** Weight of the prior kernel beside the observations' (default 1). */
  priorWeight?: number;
  /** Keep every bandwidth above (high - low) / min(100, kernels + 1) (default true). */
  considerMagicClip?: boolean;
  /** Let the outermost kernels reach to the range's ends (default false). */
  considerEndpoints?: boolean;
}

interface NumericKernels {
  kind: 'numeric';
  mu: Float64Array;
  sigma: Float64Array;
  low: number;
  high: number;
  /** The range the mass is taken over: widened by half a step, in log space for a log parameter. */
  from: number;
  to: number;
  step: number | null;
  log: boolean;
}

interface CategoricalKernels {
  kind: 'categorical';
  choices: number;
  /** Row-major: a probability vector over the choices per kernel. */
  weights: Float64Array;
}

export interface ParzenEstimator {
  /** Mixture weights: the observations in trial order, then the prior. */
  weights: Float64Array;
  kernels: ReadonlyMap<string, NumericKernels | CategoricalKernels>;
  /** ln of the density at points given by parameter (internal numbers, equal lengths). */
  logPdf(points: Readonly<Record<string, Values>>): Float64Array;
  /** `size` draws, by parameter, as internal numbers. */
  sample(random: Random, size: number): Record<string, Float64Array>;
}

/**
 * Mixture of products of truncated normals and categorical vectors, one kernel per observation plus a wide prior
 * (Bergstra et al. 2011; kernels, bandwidths and weights as described by Watanabe, arXiv 2304.11127).
 * `observations` holds internal numbers by parameter, all of one length.
 * @throws MlInputError `PRIOR_WEIGHT_NEGATIVE`, `COLUMN_LENGTH_MISMATCH`
 */
export function createParzenEstimator(
  space: SearchSpace,
  observations: Readonly<Record<string, Values>>,
  options: ParzenOptions = {},
): ParzenEstimator {
  const priorWeight = options.priorWeight ?? 1;
  if (!(priorWeight >= 0)) throw new MlInputError('PRIOR_WEIGHT_NEGATIVE', `prior weight is ${priorWeight}`);
  const names = Object.keys(space);
  const rows = observations[names[0] ?? '']?.length ?? 0;
  const weights = mixtureWeights(rows, priorWeight);
  const kernels = new Map<string, NumericKernels | CategoricalKernels>();
  for (const name of names) {
    const column = observations[name] ?? [];
    if (column.length !== rows) {
      throw new MlInputError(
        'COLUMN_LENGTH_MISMATCH',
        `${name} has ${column.length} observations, not ${rows}`,
      );
    }
    const distribution = space[name];
    if (distribution) kernels.set(name, kernelsOf(distribution, column, priorWeight, options));
  }
  return {
    weights,
    kernels,
    logPdf: (points) => mixtureLogPdf(weights, kernels, points),
    sample: (random, size) => sampleMixture(weights, kernels, random, size),
  };
}

function mixtureWeights(rows: number, priorWeight: number): Float64Array {
  if (rows === 0) return Float64Array.of(1);
  const weights = new Float64Array(rows + 1);
  weights.set(defaultWeights(rows));
  weights[rows] = priorWeight;
  const total = pairwiseSum(weights, 0, weights.length);
  return weights.map((weight) => weight / total);
}

function kernelsOf(
  distribution: ParameterDistribution,
  column: Values,
  priorWeight: number,
  options: ParzenOptions,
): NumericKernels | CategoricalKernels {
  if (distribution.type === 'categorical') {
    return {
      kind: 'categorical',
      choices: distribution.choices.length,
      weights: categoricalRows(distribution.choices.length, column, priorWeight),
    };
  }
  const step = stepOf(distribution);
  const log = distribution.log === true;
  const half = step === null ? 0 : step / 2;
  const from = log ? Math.log(distribution.low - half) : distribution.low - half;
  const to = log ? Math.log(distribution.high + half) : distribution.high + half;
  const rows = column.length;
  const mu = new Float64Array(rows + 1);
  for (let i = 0; i < rows; i++) mu[i] = log ? Math.log(column[i] ?? 1) : (column[i] ?? 0);
  const sigma = new Float64Array(rows + 1);
  sigma.set(bandwidths(mu.subarray(0, rows), from, to, options));
  mu[rows] = 0.5 * (from + to);
  sigma[rows] = to - from;
  return { kind: 'numeric', mu, sigma, low: distribution.low, high: distribution.high, from, to, step, log };
}

function categoricalRows(choices: number, column: Values, priorWeight: number): Float64Array {
  const rows = column.length;
  if (rows === 0) return new Float64Array(choices).fill(1 / choices);
  const kernels = rows + 1;
  const weights = new Float64Array(kernels * choices).fill(priorWeight / kernels);
  for (let i = 0; i < rows; i++) {
    const cell = i * choices + (column[i] ?? 0);
    weights[cell] = (weights[cell] ?? 0) + 1;
  }
  for (let k = 0; k < kernels; k++) {
    const total = pairwiseSum(weights, k * choices, (k + 1) * choices);
    if (total === 0) continue;
    for (let c = 0; c < choices; c++) weights[k * choices + c] = (weights[k * choices + c] ?? 0) / total;
  }
  return weights;
}

/** Each bandwidth is the larger distance to a neighbour, with the range's ends as outer neighbours. */
function bandwidths(mu: Float64Array, from: number, to: number, options: ParzenOptions): Float64Array {
  const n = mu.length;
  const order = networkArgsort(mu);
  const sigma = new Float64Array(n);
  const range = to - from;
  const clip = options.considerMagicClip ?? true;
  const smallest = clip ? range / Math.min(100, n + 2) : SMALLEST_SIGMA;
  const innerOnly = options.considerEndpoints !== true && n >= 2;
  for (let i = 0; i < n; i++) {
    const own = mu[order[i] ?? 0] ?? 0;
    const left = i === 0 ? from : (mu[order[i - 1] ?? 0] ?? 0);
    const right = i === n - 1 ? to : (mu[order[i + 1] ?? 0] ?? 0);
    let width = Math.max(own - left, right - own);
    if (innerOnly && i === 0) width = right - own;
    if (innerOnly && i === n - 1) width = own - left;
    sigma[order[i] ?? 0] = Math.min(Math.max(width, smallest), range);
  }
  return sigma;
}

function mixtureLogPdf(
  weights: Float64Array,
  kernels: ReadonlyMap<string, NumericKernels | CategoricalKernels>,
  points: Readonly<Record<string, Values>>,
): Float64Array {
  const count = weights.length;
  const size = points[[...kernels.keys()][0] ?? '']?.length ?? 0;
  const terms = new Float64Array(size * count);
  for (const [name, kernel] of kernels) {
    const column = points[name] ?? [];
    if (kernel.kind === 'categorical') addCategorical(terms, kernel, column, count);
    else if (kernel.step === null) addContinuous(terms, kernel, column, count);
    else addDiscrete(terms, kernel, kernel.step, column, count);
  }
  const logWeights = weights.map(Math.log);
  for (let p = 0; p < size; p++) {
    for (let k = 0; k < count; k++) terms[p * count + k] = (terms[p * count + k] ?? 0) + (logWeights[k] ?? 0);
  }
  const result = new Float64Array(size);
  for (let p = 0; p < size; p++) result[p] = logSumExp(terms, p * count, (p + 1) * count);
  return result;
}

function addCategorical(
  terms: Float64Array,
  kernel: CategoricalKernels,
  column: Values,
  count: number,
): void {
  const logWeights = kernel.weights.map(Math.log);
  for (let p = 0; p < column.length; p++) {
    const choice = column[p] ?? 0;
    for (let k = 0; k < count; k++) {
      const cell = p * count + k;
      terms[cell] = (terms[cell] ?? 0) + (logWeights[k * kernel.choices + choice] ?? 0);
    }
  }
}

function addContinuous(terms: Float64Array, kernel: NumericKernels, column: Values, count: number): void {
  const { mu, sigma, from, to } = kernel;
  const constant = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const center = mu[k] ?? 0;
    const width = sigma[k] ?? 1;
    constant[k] =
      -LOG_SQRT_2PI - logNormalMass((from - center) / width, (to - center) / width) - Math.log(width);
  }
  for (let p = 0; p < column.length; p++) {
    const x = kernel.log ? Math.log(column[p] ?? 1) : (column[p] ?? 0);
    const outside = x < from || x > to;
    for (let k = 0; k < count; k++) {
      const z = (x - (mu[k] ?? 0)) / (sigma[k] ?? 1);
      const cell = p * count + k;
      terms[cell] = outside ? -Infinity : (terms[cell] ?? 0) + (constant[k] ?? 0) - 0.5 * z * z;
    }
  }
}

/** Mass of each kernel over the point's cell, relative to its mass over the widened range. */
function addDiscrete(
  terms: Float64Array,
  kernel: NumericKernels,
  step: number,
  column: Values,
  count: number,
): void {
  const { mu, sigma, from, to, log } = kernel;
  const twin = equalKernels(mu, sigma);
  const rangeMass = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const same = twin[k] ?? k;
    rangeMass[k] =
      same === k
        ? logNormalMass((from - (mu[k] ?? 0)) / (sigma[k] ?? 1), (to - (mu[k] ?? 0)) / (sigma[k] ?? 1))
        : (rangeMass[same] ?? 0);
  }
  const byPoint = new Map<number, Float64Array>();
  for (let p = 0; p < column.length; p++) {
    const x = column[p] ?? 0;
    let masses = byPoint.get(x);
    if (masses === undefined) {
      masses = new Float64Array(count);
      const left = log ? Math.log(x - step / 2) : x - step / 2;
      const right = log ? Math.log(x + step / 2) : x + step / 2;
      for (let k = 0; k < count; k++) {
        const same = twin[k] ?? k;
        const center = mu[k] ?? 0;
        const width = sigma[k] ?? 1;
        masses[k] =
          same === k
            ? logNormalMass((left - center) / width, (right - center) / width) - (rangeMass[k] ?? 0)
            : (masses[same] ?? 0);
      }
      byPoint.set(x, masses);
    }
    for (let k = 0; k < count; k++) {
      const cell = p * count + k;
      terms[cell] = (terms[cell] ?? 0) + (masses[k] ?? 0);
    }
  }
}

/** For each kernel the first one with the same centre and width: on a grid most kernels repeat. */
function equalKernels(mu: Float64Array, sigma: Float64Array): Uint32Array {
  const first = new Uint32Array(mu.length);
  const seen = new Map<number, Map<number, number>>();
  for (let k = 0; k < mu.length; k++) {
    const center = mu[k] ?? 0;
    const width = sigma[k] ?? 1;
    let widths = seen.get(center);
    if (widths === undefined) {
      widths = new Map();
      seen.set(center, widths);
    }
    const same = widths.get(width);
    if (same === undefined) widths.set(width, k);
    first[k] = same ?? k;
  }
  return first;
}

/** Overwrites its part of `terms`. */
function logSumExp(terms: Float64Array, from: number, to: number): number {
  let highest = -Infinity;
  for (let i = from; i < to; i++) highest = Math.max(highest, terms[i] ?? 0);
  if (highest === -Infinity) return -Infinity;
  for (let i = from; i < to; i++) terms[i] = Math.exp((terms[i] ?? 0) - highest);
  return highest + Math.log(pairwiseSum(terms, from, to));
}

function sampleMixture(
  weights: Float64Array,
  kernels: ReadonlyMap<string, NumericKernels | CategoricalKernels>,
  random: Random,
  size: number,
): Record<string, Float64Array> {
  const chosen = new Uint32Array(size);
  for (let p = 0; p < size; p++) chosen[p] = drawIndex(weights, 0, weights.length, random.next());
  const samples: Record<string, Float64Array> = {};
  for (const [name, kernel] of kernels) {
    const column = new Float64Array(size);
    for (let p = 0; p < size; p++) {
      const k = chosen[p] ?? 0;
      column[p] =
        kernel.kind === 'categorical'
          ? drawIndex(kernel.weights, k * kernel.choices, (k + 1) * kernel.choices, random.next())
          : drawNumber(kernel, k, random.next());
    }
    samples[name] = column;
  }
  return samples;
}

function drawIndex(weights: Float64Array, from: number, to: number, u: number): number {
  let sum = 0;
  for (let i = from; i < to - 1; i++) {
    sum += weights[i] ?? 0;
    if (u < sum) return i - from;
  }
  return to - 1 - from;
}

function drawNumber(kernel: NumericKernels, k: number, u: number): number {
  const center = kernel.mu[k] ?? 0;
  const width = kernel.sigma[k] ?? 1;
  const z = truncatedNormalQuantile(u, (kernel.from - center) / width, (kernel.to - center) / width);
  const drawn = kernel.log ? Math.exp(z * width + center) : z * width + center;
  const onGrid =
    kernel.step === null ? drawn : kernel.low + Math.round((drawn - kernel.low) / kernel.step) * kernel.step;
  return Math.min(kernel.high, Math.max(kernel.low, onGrid));
}
