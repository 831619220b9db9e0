import type { Dataset } from './dataset.ts';

/**
 * Mean log loss with its L2 penalty, over parameters for standardised features: for each score `k` its
 * features' coefficients, then its intercept. Standardising happens inside the products, so the columns are
 * read as they are and never copied.
 */
export interface LogisticObjective {
  readonly size: number;
  /** Returns the loss at x, writes the gradient, and keeps x as the point of hessianTimes. */
  evaluate(x: Float64Array, gradient: Float64Array): number;
  hessianTimes(direction: Float64Array): Float64Array;
  hessianDiagonal(): Float64Array;
  /** Parameters for the features as they came. */
  unscale(x: Float64Array): { coefficients: Float64Array; intercepts: Float64Array };
}

export function createLogisticObjective(
  features: Dataset,
  codes: Uint32Array,
  classes: number,
  weights: ArrayLike<number> | null,
  C: number,
): LogisticObjective {
  const { rows, columns } = features;
  const width = columns.length;
  const scores = classes === 2 ? 1 : classes;
  const stride = width + 1;
  const size = scores * stride;
  const rowWeights = normalisedWeights(weights, rows);
  const { means, deviations, penalties } = standardisation(features, rowWeights.shares, C * rowWeights.total);
  const shares = rowWeights.shares;
  const probabilities = new Float64Array(rows * scores);

  /** scores × rows (column-major: one run per score) for parameters x. */
  function linear(x: Float64Array): Float64Array {
    const out = new Float64Array(scores * rows);
    for (let k = 0; k < scores; k++) {
      const z = out.subarray(k * rows, (k + 1) * rows);
      let constant = x[k * stride + width] as number;
      for (let f = 0; f < width; f++) {
        const coefficient = (x[k * stride + f] as number) / (deviations[f] as number);
        constant -= coefficient * (means[f] as number);
        if (coefficient !== 0) addScaled(columns[f] as Float64Array, coefficient, z);
      }
      for (let row = 0; row < rows; row++) z[row] = (z[row] as number) + constant;
    }
    return out;
  }

  /** The transpose of `linear`, plus the penalty's part at x. */
  function collect(residuals: Float64Array, x: Float64Array): Float64Array {
    const out = new Float64Array(size);
    for (let k = 0; k < scores; k++) {
      const r = residuals.subarray(k * rows, (k + 1) * rows);
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += r[row] as number;
      for (let f = 0; f < width; f++) {
        const product = columnDot(columns[f] as Float64Array, r) - (means[f] as number) * sum;
        const at = k * stride + f;
        out[at] = product / (deviations[f] as number) + (penalties[f] as number) * (x[at] as number);
      }
      out[k * stride + width] = sum;
    }
    return out;
  }

  function penalty(x: Float64Array): number {
    let sum = 0;
    for (let k = 0; k < scores; k++) {
      for (let f = 0; f < width; f++)
        sum += 0.5 * (penalties[f] as number) * (x[k * stride + f] as number) ** 2;
    }
    return sum;
  }

  function evaluate(x: Float64Array, gradient: Float64Array): number {
    const z = linear(x);
    const loss =
      scores === 1
        ? binaryResiduals(z, codes, shares, probabilities)
        : softmaxResiduals(z, codes, shares, probabilities, scores);
    gradient.set(collect(z, x));
    return loss + penalty(x);
  }

  function hessianTimes(direction: Float64Array): Float64Array {
    const z = linear(direction);
    for (let row = 0; row < rows; row++) {
      const share = shares[row] as number;
      let mean = 0;
      for (let k = 0; k < scores; k++)
        mean += (probabilities[k * rows + row] as number) * (z[k * rows + row] as number);
      for (let k = 0; k < scores; k++) {
        const at = k * rows + row;
        // The binary case has one score: p(1 − p)z = p(z − pz).
        z[at] = share * (probabilities[at] as number) * ((z[at] as number) - mean);
      }
    }
    return collect(z, direction);
  }

  function hessianDiagonal(): Float64Array {
    const out = new Float64Array(size);
    const curvature = new Float64Array(rows);
    for (let k = 0; k < scores; k++) {
      for (let row = 0; row < rows; row++) {
        const p = probabilities[k * rows + row] as number;
        curvature[row] = (shares[row] as number) * p * (1 - p);
      }
      for (let f = 0; f < width; f++) {
        const value = centredSquares(columns[f] as Float64Array, curvature, means[f] as number);
        out[k * stride + f] = Math.max(
          value / (deviations[f] as number) ** 2 + (penalties[f] as number),
          1e-300,
        );
      }
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += curvature[row] as number;
      out[k * stride + width] = Math.max(sum, 1e-300);
    }
    return out;
  }

  function unscale(x: Float64Array): { coefficients: Float64Array; intercepts: Float64Array } {
    const coefficients = new Float64Array(scores * width);
    const intercepts = new Float64Array(scores);
    for (let k = 0; k < scores; k++) {
      let intercept = x[k * stride + width] as number;
      for (let f = 0; f < width; f++) {
        const coefficient = (x[k * stride + f] as number) / (deviations[f] as number);
        coefficients[k * width + f] = coefficient;
        intercept -= coefficient * (means[f] as number);
      }
      intercepts[k] = intercept;
    }
    if (scores > 1) centre(coefficients, intercepts);
    return { coefficients, intercepts };
  }

  return { size, evaluate, hessianTimes, hessianDiagonal, unscale };
}

/**
 * Softmax is blind to a number added to all scores, so at the optimum coefficients sum to 0 over the classes;
 * this removes what the solver left, and fixes the intercepts, which no penalty pins down.
 */
function centre(coefficients: Float64Array, intercepts: Float64Array): void {
  const classes = intercepts.length;
  const width = coefficients.length / classes;
  for (let f = 0; f < width; f++) {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += coefficients[k * width + f] as number;
    for (let k = 0; k < classes; k++)
      coefficients[k * width + f] = (coefficients[k * width + f] as number) - sum / classes;
  }
  const mean = intercepts.reduce((a, b) => a + b, 0) / classes;
  for (let k = 0; k < classes; k++) intercepts[k] = (intercepts[k] as number) - mean;
}

function normalisedWeights(
  weights: ArrayLike<number> | null,
  rows: number,
): { shares: Float64Array; total: number } {
  const shares = new Float64Array(rows);
  let total = 0;
  for (let row = 0; row < rows; row++) {
    shares[row] = weights === null ? 1 : (weights[row] as number);
    total += shares[row] as number;
  }
  for (let row = 0; row < rows; row++) shares[row] = (shares[row] as number) / total;
  return { shares, total };
}

/** ½·w²/C for w = x/deviation becomes ½·penalty·x². */
function standardisation(features: Dataset, shares: Float64Array, strength: number) {
  const width = features.columns.length;
  const means = new Float64Array(width);
  const deviations = new Float64Array(width);
  const penalties = new Float64Array(width);
  for (const [f, column] of features.columns.entries()) {
    const mean = columnDot(column, shares);
    const variance = centredSquares(column, shares, mean);
    const deviation = variance > 1e-24 * mean * mean ? Math.sqrt(variance) : 1; // a constant column
    means[f] = mean;
    deviations[f] = deviation;
    penalties[f] = 1 / (strength * deviation * deviation);
  }
  return { means, deviations, penalties };
}

/** Replaces each score by share × (p − label), keeps p, returns the mean log loss. */
function binaryResiduals(
  z: Float64Array,
  codes: Uint32Array,
  shares: Float64Array,
  probabilities: Float64Array,
): number {
  let loss = 0;
  for (let row = 0; row < z.length; row++) {
    const score = z[row] as number;
    const code = codes[row] as number;
    const share = shares[row] as number;
    const small = Math.exp(-Math.abs(score));
    const p = score >= 0 ? 1 / (1 + small) : small / (1 + small);
    loss += share * (Math.log1p(small) + (score > 0 ? (1 - code) * score : -code * score));
    probabilities[row] = p;
    z[row] = share * (p - code);
  }
  return loss;
}

function softmaxResiduals(
  z: Float64Array,
  codes: Uint32Array,
  shares: Float64Array,
  probabilities: Float64Array,
  classes: number,
): number {
  const rows = codes.length;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) highest = Math.max(highest, z[k * rows + row] as number);
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp((z[k * rows + row] as number) - highest);
    const code = codes[row] as number;
    const share = shares[row] as number;
    loss += share * (Math.log(sum) + highest - (z[code * rows + row] as number));
    for (let k = 0; k < classes; k++) {
      const at = k * rows + row;
      const p = Math.exp((z[at] as number) - highest) / sum;
      probabilities[at] = p;
      z[at] = share * (p - (k === code ? 1 : 0));
    }
  }
  return loss;
}

type Column = Float32Array | Float64Array;

function addScaled(column: Column, factor: number, into: Float64Array): void {
  for (let row = 0; row < into.length; row++)
    into[row] = (into[row] as number) + factor * (column[row] as number);
}

function columnDot(column: Column, other: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < other.length; row++) sum += (column[row] as number) * (other[row] as number);
  return sum;
}

function centredSquares(column: Column, weights: Float64Array, mean: number): number {
  let sum = 0;
  for (let row = 0; row < weights.length; row++) {
    const centred = (column[row] as number) - mean;
    sum += (weights[row] as number) * centred * centred;
  }
  return sum;
}
